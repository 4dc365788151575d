"""Money given back: making a refund once, and reading what became of it."""

from typing import Final

import stripe

from service.adapters.stripe.problems import translated
from service.adapters.stripe.reading import moment
from service.donations.gateway import RefundFacts
from service.donations.states import RefundState

# https://docs.stripe.com/refunds#failed-refunds; "requires_action" waits for the donor's bank details.
_STATES: Final = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.FAILED,
}
_ASKED_BY: Final = "request"


def refund(client: stripe.StripeClient, payment_id: str, amount_minor: int, key: str) -> str:
    """Pay back; return the refund's id. Safe to repeat for ever.

    Stripe forgets an idempotency key after a day, and replays an answer of 500 although the refund was made. The key
    is therefore written on the refund too, and looked for first.
    """
    for known in _list(client, payment_id):
        if known.metadata is not None and _ASKED_BY in known.metadata and known.metadata[_ASKED_BY] == key:
            return known.id
    with translated():
        made = client.v1.refunds.create(
            {
                "payment_intent": payment_id,
                "amount": amount_minor,
                "reason": "requested_by_customer",
                "metadata": {_ASKED_BY: key},
            },
            {"idempotency_key": key},
        )
    return made.id


def list_refunds(client: stripe.StripeClient, payment_id: str) -> tuple[RefundFacts, ...]:
    """Return every refund of a payment, oldest first; those that failed too."""
    found = [
        RefundFacts(
            refund_id=one.id,
            amount_minor=one.amount,
            state=_STATES.get(one.status or "", RefundState.PENDING),
            created_at=moment(one.created),
        )
        for one in _list(client, payment_id)
    ]
    return tuple(sorted(found, key=lambda one: (one.created_at, one.refund_id)))


def _list(client: stripe.StripeClient, payment_id: str) -> list[stripe.Refund]:
    with translated():
        return list(client.v1.refunds.list({"payment_intent": payment_id, "limit": 100}).auto_paging_iter())
