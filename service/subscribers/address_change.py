"""Writing to a person at another address. Owns that nothing happens until both addresses have said yes.

If somebody else is known by the new address, both stay who they are: what the one gets, the other gets from then on.
"""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.errors import BadInput, NotFound, TooMany
from service.languages.sentences import for_readers
from service.mail.models import Letter, LetterKind
from service.mail.outbox import post_letter_once
from service.subscribers.change_models import AddressChange
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.own_page import begin_at_once
from service.subscribers.preferences import get_person, list_choices
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import lift_by_confirmation, recognise

AGREE_WITHIN: Final = timedelta(days=7)
MOST_A_DAY: Final = 3  # changes that one person may ask for: each writes to an address that may be a stranger's

_TAKEN: Final = "23505"  # unique_violation, PostgreSQL's appendix A

OVER: Final = for_readers("This wish is over: more than a week went by, or another came after it.")


class Side(StrEnum):
    """Which of the two addresses has a say."""

    OLD = "old"
    NEW = "new"


def ask_change(session: Session, subscriber_id: int, typed: str) -> AddressChange:
    """Keep the wish and write to both addresses. It takes the place of an earlier one, whose links then lead nowhere.

    Whether somebody is known by the new address can't be told from what happens.

    Raises:
        BadInput: when ``typed`` can't be mailed, or is the address that we have.
        NotFound: when there is no such person.
        TooMany: after ``MOST_A_DAY`` in a day.
    """
    address = parse_address(typed)
    person = _lock_person(session, subscriber_id)
    if address.key == person.address_key:
        raise BadInput(for_readers("This is the address that we write to already."))
    keys = {side: _list_keys(subscriber_id, side) for side in Side}
    number = session.scalar(select(func.count()).where(Letter.key.in_(keys[Side.OLD]))) or 0
    if number >= MOST_A_DAY:
        raise TooMany(for_readers("That was more than one person usually asks for. Please try again tomorrow."))
    session.execute(delete(AddressChange).where(AddressChange.subscriber_id == subscriber_id))
    change = AddressChange(
        subscriber_id=subscriber_id,
        new_address=address.typed,
        new_mailed_address=address.mailed,
        new_address_key=address.key,
    )
    session.add(change)
    session.flush()
    about = {"change": change.id}
    post_letter_once(session, keys[Side.OLD][number], LetterKind.ADDRESS_OLD, person.mailed_address, about)
    post_letter_once(session, keys[Side.NEW][number], LetterKind.ADDRESS_NEW, address.mailed, about)
    return change


def get_change(session: Session, change_id: int) -> AddressChange:
    """Return a wish of the last week, carried out or not.

    Raises:
        NotFound: when it is older, or another came after it.
    """
    change = session.scalar(select(AddressChange).where(AddressChange.id == change_id, _is_fresh()))
    if change is None:
        raise NotFound(OVER)
    return change


def agree(session: Session, change_id: int, side: Side, *, wording: str) -> AddressChange:
    """Keep one address's yes and the proof of it; with both, write to the new one from now on. Safe to repeat.

    Raises:
        NotFound: when the wish is more than a week old, or another came after it.
    """
    waiting = select(AddressChange).where(AddressChange.id == change_id, _is_fresh()).with_for_update()
    change = session.scalar(waiting.execution_options(populate_existing=True))
    if change is None:
        raise NotFound(OVER)
    if has_agreed(change, side):
        return change
    if side is Side.OLD:
        change.old_agreed_at = now()
    else:
        change.new_agreed_at = now()
    proof = _prove(change, wording)
    if is_done(change):
        _carry_out(session, change, proof)
    else:
        _note_yes(session, change.subscriber_id, proof)
    return change


def has_agreed(change: AddressChange, side: Side) -> bool:
    """Return whether one of the two addresses has said yes."""
    return (change.old_agreed_at if side is Side.OLD else change.new_agreed_at) is not None


def is_done(change: AddressChange) -> bool:
    """Return whether both addresses have said yes."""
    return all(has_agreed(change, side) for side in Side)


def forget_old_changes(session: Session) -> None:
    """Delete the wishes of which nobody needs to hear any more."""
    session.execute(delete(AddressChange).where(~_is_fresh()))


def _prove(change: AddressChange, wording: str) -> Proof:
    """Return the proof of the yes just said: the words that were shown, and which addresses have agreed by now (1)."""
    evidence = {"change": change.id, **{f"{side}_address": int(has_agreed(change, side)) for side in Side}}
    return Proof(ConsentSource.PREFERENCES_PAGE, wording, evidence)


def _note_yes(session: Session, subscriber_id: int, proof: Proof) -> None:
    """Write one yes into the log of all that the person ever asked for: where it is sent is a part of each consent."""
    ties = select(Subscription.id).where(Subscription.subscriber_id == subscriber_id).order_by(Subscription.id)
    for subscription_id in session.scalars(ties).all():
        apply(session, lock_subscription(session, subscription_id), SubscriptionEvent.CHANGE_ADDRESS, proof)


def _carry_out(session: Session, change: AddressChange, proof: Proof) -> None:
    other_id = _lock_both(session, change)
    _note_yes(session, change.subscriber_id, proof)
    recognise(session, change.new_address_key)
    while other_id is None and not _move(session, change):
        other_id = _lock_both(session, change)
    if other_id is not None:
        _hand_over(session, change.subscriber_id, other_id, proof)
    lift_by_confirmation(session, change.new_address_key, change.asked_at)


def _lock_both(session: Session, change: AddressChange) -> int | None:
    """Lock the person, and whoever is known by the new address; return the latter's id.

    Both rows in the order of their ids, for a change the other way may be carried out at once.
    """
    whose = or_(Subscriber.id == change.subscriber_id, Subscriber.address_key == change.new_address_key)
    locked = session.scalars(select(Subscriber.id).where(whose).order_by(Subscriber.id).with_for_update()).all()
    return next((found for found in locked if found != change.subscriber_id), None)


def _move(session: Session, change: AddressChange) -> bool:
    """Write to the person at the new address; False where somebody else became known by it at this very moment."""
    person = get_person(session, change.subscriber_id)
    try:
        with session.begin_nested():
            person.address, person.mailed_address = change.new_address, change.new_mailed_address
            person.address_key = change.new_address_key
    except IntegrityError as problem:
        if getattr(problem.orig, "sqlstate", None) != _TAKEN:
            raise
        return False
    return True


def _hand_over(session: Session, from_id: int, to_id: int, proof: Proof) -> None:
    """Let one person get what another got, as they got it, and the other nothing more."""
    got = list_choices(session, from_id, {SubscriptionState.ACTIVE})
    has = {choice.newsletter_id for choice in list_choices(session, to_id, {SubscriptionState.ACTIVE})}
    for choice in got:
        if choice.newsletter_id not in has:
            taken = begin_at_once(session, to_id, choice.newsletter_id, proof)
            taken.paused_until, taken.frequency = choice.paused_until, choice.frequency
        apply(session, lock_subscription(session, choice.subscription_id), SubscriptionEvent.UNSUBSCRIBE, proof)


def _lock_person(session: Session, subscriber_id: int) -> Subscriber:
    session.execute(select(Subscriber.id).where(Subscriber.id == subscriber_id).with_for_update())
    return get_person(session, subscriber_id)


def _list_keys(subscriber_id: int, side: Side) -> list[str]:
    """Return the keys of the letters to one address that a person may cause today."""
    return [f"address-{side}:{subscriber_id}:{now():%Y-%m-%d}:{number}" for number in range(MOST_A_DAY)]


def _is_fresh() -> ColumnElement[bool]:
    return AddressChange.asked_at > func.now() - AGREE_WITHIN
