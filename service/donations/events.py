"""Which things an event is about. A rule without rows: ids are all that is ever taken from a payload.

What happened is asked of the processor afterwards, so an event that is old, doubled or out of order does no harm.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final


class RootKind(StrEnum):
    """What is read anew as a whole, in the order in which an event's roots are read."""

    CHECKOUT = "checkout"
    INVOICE = "invoice"
    RECURRING = "recurring"
    PAYMENT = "payment"


@dataclass(frozen=True)
class Root:
    """One thing at the processor, by its id there."""

    kind: RootKind
    id: str


# The processor's own kinds of object (docs.stripe.com/api/events/types): what of an object names the roots.
_FIELDS: Final[Mapping[str, tuple[tuple[RootKind, str], ...]]] = {
    "checkout.session": ((RootKind.CHECKOUT, "id"),),
    "payment_intent": ((RootKind.PAYMENT, "id"),),
    "charge": ((RootKind.PAYMENT, "payment_intent"),),
    "refund": ((RootKind.PAYMENT, "payment_intent"),),
    "dispute": ((RootKind.PAYMENT, "payment_intent"),),
    "subscription": ((RootKind.RECURRING, "id"),),
    "invoice": ((RootKind.INVOICE, "id"), (RootKind.RECURRING, "parent.subscription_details.subscription")),
    "radar.early_fraud_warning": ((RootKind.PAYMENT, "payment_intent"),),
}


def find_roots(payload: Mapping[str, Any]) -> list[Root]:
    """Return what an event is about; nothing for kinds that change no gift. Never fails on a strange payload."""
    about = _dig(payload, "data.object")
    if not isinstance(about, Mapping):
        return []
    roots = []
    for kind, field in _FIELDS.get(str(about.get("object")), ()):
        found = _dig(about, field)
        root_id = found.get("id") if isinstance(found, Mapping) else found  # an expanded object holds its own id
        if isinstance(root_id, str) and root_id:
            roots.append(Root(kind, root_id))
    return roots


def _dig(value: Any, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
