"""Where a reader is: every table that may hold their words, and what an erasure leaves there. Changes nothing.

A test holds this against the database's own list of columns, so that a new one must be given a place here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Text, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from service.db import Base
from service.deliveries.models import Delivery
from service.mail.models import Letter, LetterKind
from service.subscribers.change_models import AddressChange
from service.subscribers.importing.models import ImportLine
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.signup_models import SignUp

# Rows stay where others count them or point at them; these columns of theirs are emptied.
EMPTIED: Final[Mapping[type[Base], Mapping[str, Any]]] = {
    Subscriber: {"address": "", "mailed_address": "", "name": None, "language": "en", "tags": [], "fields": {}},
    Subscription: {"source": "", "ended_note": None},
    Delivery: {"recipient": "", "name": None, "reply_text": None},
    ImportLine: {"address": "", "address_key": None, "reason": "erased", "before": None, "after": None},
}
DELETED: Final[tuple[type[Base], ...]] = (SignUp, AddressChange, Letter)
REPLACED: Final = {"subscribers.address_key", "suppressions.address_key", "suppressions.note", "suppressions.lift_note"}

# Words of ours, numbers and hashes, in the tables of readers.
HARMLESS: Final = {
    "subscriptions.state",
    "subscriptions.frequency",
    "subscriptions.ended_reason",
    "deliveries.state",
    "deliveries.message_id",
    "deliveries.route",
    "deliveries.reason",
    "import_lines.outcome",
    "suppressions.address_hash",
    "suppressions.reason",
    "suppressions.evidence",
    "suppressions.lifted_by",
    "consent_events.event",
    "consent_events.source",
    "consent_events.wording",
    "consent_events.evidence",
}
BY_LAW: Final = {
    "attempts",
    "disputes",
    "donations",
    "donors",
    "donor_sign_ins",
    "ledger_entries",
    "outside_events",
    "receipts",
    "recurring_changes",
    "recurring_donations",
    "refund_requests",
    "refunds",
    "renewal_failures",
    "statements",
}
"""Who gave, what, and the receipts for it: the books are kept for as long as the law of the land says."""
_LETTERS: Final = (
    LetterKind.CONFIRM,
    LetterKind.ALREADY_SUBSCRIBED,
    LetterKind.SELF_SERVICE,
    LetterKind.ADDRESS_OLD,
    LetterKind.ADDRESS_NEW,
)


@dataclass(frozen=True, slots=True)
class Person:
    """A reader in all tables. ``keys``: their address and those that they had before; ``subscriber_id`` 0: no row."""

    subscriber_id: int
    keys: frozenset[str]


def find_reach(session: Session, address_key: str) -> Person:
    """Return who is behind an address. A former address that is somebody else's by now is not theirs.

    Former ones are those that copies went to, and those that were asked to agree to another.
    """
    subscriber_id = session.scalar(select(Subscriber.id).where(Subscriber.address_key == address_key)) or 0
    copies = select(Delivery.recipient).where(Delivery.subscriber_id == subscriber_id, Delivery.recipient != "")
    asked = select(Letter.recipient).where(Letter.key.like(f"address-old:{subscriber_id}:%"))
    written_to = copies.union(asked).subquery().c.recipient
    key = func.lower(written_to)  # a key is the mailed form in small letters
    former = select(key).where(~exists().where(Subscriber.address_key == key))
    return Person(subscriber_id, frozenset({address_key, *session.scalars(former)}))


def is_about(model: type[Base], person: Person) -> ColumnElement[bool]:
    """Return the SQL condition that a row of a table of ``EMPTIED`` or ``DELETED`` is about a person."""
    return _CONDITIONS[model](person)


def _in_lines(person: Person) -> ColumnElement[bool]:
    told = [func.lower(column) for column in (ImportLine.address, ImportLine.reason)]
    told += [func.lower(cast(column, Text)) for column in (ImportLine.before, ImportLine.after)]
    words = [func.strpos(column, key) > 0 for column in told for key in person.keys]
    return or_(ImportLine.address_key.in_(person.keys), *words)


def _in_letters(person: Person) -> ColumnElement[bool]:
    """Letters to them, and those to the addresses at which they wished to be written to."""
    wishes = Letter.key.like(f"address-%:{person.subscriber_id}:%")
    return Letter.kind.in_(_LETTERS) & (func.lower(Letter.recipient).in_(person.keys) | wishes)


_CONDITIONS: Final[Mapping[type[Base], Callable[[Person], ColumnElement[bool]]]] = {
    Subscriber: lambda person: Subscriber.id == person.subscriber_id,
    Subscription: lambda person: Subscription.subscriber_id == person.subscriber_id,
    Delivery: lambda person: Delivery.subscriber_id == person.subscriber_id,
    ImportLine: _in_lines,
    SignUp: lambda person: SignUp.address_key.in_(person.keys),
    AddressChange: lambda person: or_(
        AddressChange.subscriber_id == person.subscriber_id, AddressChange.new_address_key.in_(person.keys)
    ),
    Letter: _in_letters,
}
