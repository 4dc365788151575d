"""Forgetting a reader who asks for it. Owns the order in which it happens; ``reach`` says where they are.

The row of a person stays, empty, for the copies that were counted; the log of consent stays, for it names only ids.
Backups and what was mailed are out of reach of any program.
"""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.moves import move
from service.deliveries.reasons import LEFT
from service.deliveries.states import DeliveryEvent, DeliveryState
from service.donations.models import Attempt, Donation, Donor
from service.errors import NotFound, Unavailable
from service.mail.models import Letter, LetterState
from service.privacy.reach import DELETED, EMPTIED, Person, find_reach, is_about
from service.receipts.models import Receipt
from service.staff.models import Account
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionEvent
from service.subscribers.suppression import find_standing, forget_address

_MOVING: Final = (ImportState.WAITING, ImportState.RUNNING, ImportState.UNDOING)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an erasure leaves of a person, in numbers of rows. ``is_donor``: the books name them, if without a gift."""

    gifts: int
    receipts: int
    forms: int
    is_donor: bool
    is_staff: bool

    @property
    def is_in_books(self) -> bool:
        """Whether anything stays because the law asks for the books."""
        return self.is_donor or self.forms > 0

    def tell(self) -> tuple[str, ...]:
        """Return what stays and why, in sentences for staff."""
        sentences = (
            (
                self.is_in_books,
                f"Kept because the law asks for the books: gifts ({self.gifts:,}), receipts ({self.receipts:,}) and "
                f"gift forms ({self.forms:,}), with the name and address on them, and the letters about them.",
            ),
            (self.is_staff, "Kept: the staff account with this address. An account is not a reader."),
        )
        return tuple(sentence for stays, sentence in sentences if stays)


@dataclass(frozen=True, slots=True)
class Erased:
    """``rows``: how many rows of each table were emptied or deleted. ``kept``: what stays and why, in sentences."""

    rows: dict[str, int]
    kept: tuple[str, ...]


def erase_person(session: Session, subscriber_id: int, proof: Proof) -> Erased:
    """Forget a reader. See ``erase_address``.

    Raises:
        NotFound: when there is no such person, or they were erased before.
        Unavailable: see ``erase_address``.
    """
    return erase_address(session, _get_key(session, subscriber_id), proof)


def list_kept(session: Session, subscriber_id: int) -> tuple[str, ...]:
    """Return what would stay after a reader was erased and why, in sentences. Changes nothing.

    Raises:
        NotFound: when there is no such person, or they were erased before.
    """
    return find_kept(session, subscriber_id).tell()


def find_kept(session: Session, subscriber_id: int) -> Kept:
    """Return what would stay after a reader was erased. Changes nothing.

    Raises:
        NotFound: when there is no such person, or they were erased before.
    """
    return _find_kept(session, find_reach(session, _get_key(session, subscriber_id)))


def erase_address(session: Session, address_key: str, proof: Proof) -> Erased:
    """Forget whoever is behind an address: no column of a reader's table holds the address or the name any more.

    A hash of the address stays, by which no import brings the person back; only they themselves can, by a new sign-up.
    Safe to repeat: a second time there is nothing to forget.

    Raises:
        NotFound: when nothing is known of the address.
        Unavailable: while a copy or letter is at a relay, whose answer would name the address, or while an import runs.
    """
    session.execute(select(Subscriber.id).where(Subscriber.address_key == address_key).with_for_update())
    person = find_reach(session, address_key)
    kept = _find_kept(session, person).tell()
    was_suppressed = find_standing(session, address_key) is not None
    _stop_mail(session, person, proof)
    _refuse_what_moves(session, person)
    rows = _forget_rows(session, person)
    if not rows and not kept and not was_suppressed:
        raise NotFound("Nothing is known of this address.")
    for key in person.keys:
        forget_address(session, key)
    return Erased(rows, kept)


def _get_key(session: Session, subscriber_id: int) -> str:
    alive = select(Subscriber.address_key).where(Subscriber.id == subscriber_id, Subscriber.erased_at.is_(None))
    address_key = session.scalar(alive)
    if address_key is None:
        raise NotFound("This person is not known here.")
    return address_key


def _stop_mail(session: Session, person: Person, proof: Proof) -> None:
    ties = select(Subscription.id).where(is_about(Subscription, person)).order_by(Subscription.id)
    for subscription_id in session.scalars(ties).all():
        apply(session, lock_subscription(session, subscription_id), SubscriptionEvent.ERASE, proof)
    session.flush()
    session.execute(move(DeliveryEvent.SKIP).where(is_about(Delivery, person)).values(reason=LEFT))


def _refuse_what_moves(session: Session, person: Person) -> None:
    """Asked after the copies were stopped: a sender that was quicker has its copy on the way by now."""
    copy = exists().where(is_about(Delivery, person), Delivery.state == DeliveryState.SENDING)
    letter = exists().where(is_about(Letter, person), Letter.state == LetterState.SENDING)
    if session.scalar(select(copy | letter)):
        raise Unavailable("A mail to this person is leaving just now. Please try again in a minute.")
    if session.scalar(select(exists().where(Import.state.in_(_MOVING)))):
        raise Unavailable("A file of readers is being imported, and this person may be in it. Try again once it ended.")


def _forget_rows(session: Session, person: Person) -> dict[str, int]:
    connection, rows = session.connection(), {}
    for model in DELETED:
        rows[model.__tablename__] = connection.execute(delete(model).where(is_about(model, person))).rowcount
    for model, empty in EMPTIED.items():
        emptied = update(model).where(is_about(model, person)).values(**empty)
        rows[model.__tablename__] = connection.execute(emptied).rowcount
    tombstone = {"address_key": func.concat("erased:", Subscriber.id), "erased_at": func.now()}
    connection.execute(update(Subscriber).where(is_about(Subscriber, person)).values(**tombstone))
    session.expire_all()
    return {table: count for table, count in rows.items() if count}


def _find_kept(session: Session, person: Person) -> Kept:
    donors = select(Donor.id).where(Donor.address_key.in_(person.keys))
    return Kept(
        gifts=session.scalar(select(func.count(Donation.id)).where(Donation.donor_id.in_(donors))) or 0,
        receipts=session.scalar(select(func.count(Receipt.id)).where(Receipt.donor_id.in_(donors))) or 0,
        forms=session.scalar(select(func.count(Attempt.id)).where(Attempt.address_key.in_(person.keys))) or 0,
        is_donor=session.scalar(select(donors.exists())) is True,
        is_staff=session.scalar(select(exists().where(Account.address_key.in_(person.keys)))) is True,
    )
