"""What staff do for a reader who asked for it, by the same doors as the reader. Owns the words of the proof.

How the wish reached us is one of a few words, since a proof can never be changed: it must not name anybody. What staff
write beside it stands with the person, and goes with them. Nothing here makes a subscription active.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput, Conflict
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscription
from service.subscribers.signup import Wish, store_sign_up
from service.subscribers.signup_models import Door, SignUp
from service.subscribers.states import ConsentSource, SubscriptionEvent
from service.subscribers.suppression import find_standing
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.unsubscribe import LONGEST_NOTE

OFFICE: Final = "office"  # in place of a network: the limits of strangers are not for staff


class WishWay(StrEnum):
    """How a reader's wish reached the office."""

    TELEPHONE = "by telephone"
    MAIL = "by e-mail"
    LETTER = "by letter"
    IN_PERSON = "in person"


def prove(deed: str, way: WishWay, account_id: int | None) -> Proof:
    """Return the proof of a ``deed`` of staff ("Ended") that a reader asked for."""
    return Proof(ConsentSource.STAFF, f"{deed} by staff, because the reader asked for it {way}.", account_id=account_id)


def end_for_reader(session: Session, subscription_id: int, way: WishWay, *, note: str, account_id: int) -> Subscription:
    """End a subscription because its reader asked staff to, and keep the proof. Safe to repeat.

    ``note``: what else is worth knowing, at most 500 characters; it goes when the reader is erased.

    Raises:
        BadInput: for a longer note.
        NotFound: when there is no such subscription.
    """
    words = tidy_note(note)
    subscription = lock_subscription(session, subscription_id)
    ended = apply(session, subscription, SubscriptionEvent.UNSUBSCRIBE, prove("Ended", way, account_id))
    if ended and words:
        subscription.ended_note = words
    return subscription


def sign_up_for_reader(
    session: Session, typed_address: str, newsletter_ids: Sequence[int], way: WishWay, *, language: str, mark: str
) -> int:
    """Ask somebody, by a letter, to confirm a sign-up that they asked staff for. Returns its id.

    Safe to repeat: the form's ``mark`` stores it once.

    Raises:
        BadInput: see ``store_sign_up``.
        Conflict: when the address must not be mailed: staff lift that first, or only the person can come back.
    """
    _refuse_suppressed(session, parse_address(typed_address).key)
    store_sign_up(
        session,
        Wish(
            address=typed_address,
            newsletter_ids=newsletter_ids,
            wording=prove("Entered", way, None).wording,
            door=Door.STAFF,
            network=OFFICE,
            mark=mark,
            language=language,
        ),
    )
    return session.execute(select(SignUp.id).where(SignUp.mark == mark)).scalar_one()


def tidy_note(note: str) -> str:
    """Return what staff wrote beside a deed, without what no text has.

    Raises:
        BadInput: when it is longer than 500 characters.
    """
    words = note.replace("\x00", "").strip()
    if len(words) > LONGEST_NOTE:
        raise BadInput(f"A note has at most {LONGEST_NOTE} characters; this one has {len(words)}.")
    return words


def _refuse_suppressed(session: Session, address_key: str) -> None:
    standing = find_standing(session, address_key)
    if standing is None:
        return
    if standing.reason in {SuppressionReason.COMPLAINT, SuppressionReason.ERASED}:
        raise Conflict("This address must not be mailed. Only the person can change that, by signing up themselves.")
    raise Conflict("This address must not be mailed. Lift that first, if you know why it may be mailed again.")
