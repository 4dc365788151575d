"""The second half of double opt-in. Owns that a person's own act, and nothing else, makes a subscription active.

It is also the person's word that the address may be mailed, whatever was said of it before the sign-up; never after.
A link older than their leaving confirms nothing, even when somebody has signed the address up again since.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.clock import now
from service.errors import Conflict, NotFound
from service.languages.sentences import for_readers
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.fields import keep_confirmed
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.preferences import get_person
from service.subscribers.signup_models import SignUp
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState
from service.subscribers.suppression import lift_by_confirmation

CONFIRM_WITHIN: Final = timedelta(days=30)
TOO_OLD: Final = for_readers("This link is more than 30 days old. Sign up once more, and we will send you a fresh one.")


def confirm_sign_up(session: Session, sign_up_id: int, *, wording: str) -> list[Subscription]:
    """Make all that one sign-up asked for active, keep the proof and its answers. Safe to repeat.

    Returns the subscriptions.

    Raises:
        Conflict: when it is more than 30 days old.
        NotFound: when there is no such sign-up, or its person is no longer known.
    """
    sign_up, asked_for = get_asked_for(session, sign_up_id)
    person = get_person(session, asked_for[0].subscriber_id, is_locked=True)
    was_unknown = _is_unknown(session, person)
    subscriptions = [lock_subscription(session, subscription.id) for subscription in asked_for]
    for subscription in subscriptions:
        proof = Proof(ConsentSource.CONFIRM_PAGE, wording, {"sign_up": sign_up.id})
        _confirm(session, subscription, sign_up.created_at, proof)
    if any(subscription.state is SubscriptionState.ACTIVE for subscription in subscriptions):
        keep_confirmed(person, sign_up.fields)
        if was_unknown:
            person.name, person.language = sign_up.name, sign_up.language
    return subscriptions


def get_asked_for(session: Session, sign_up_id: int) -> tuple[SignUp, list[Subscription]]:
    """Return a sign-up and the subscriptions that it asked for, in the order of their ids.

    Raises:
        NotFound: when there is no such sign-up, or its person is no longer known.
    """
    sign_up = session.get(SignUp, sign_up_id)
    if sign_up is None:
        raise NotFound(TOO_OLD)  # rows of that age are deleted
    asked_for = (
        select(Subscription)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(Subscriber.address_key == sign_up.address_key, Subscription.newsletter_id.in_(sign_up.newsletter_ids))
        .order_by(Subscription.id)
    )
    subscriptions = list(session.scalars(asked_for))
    if not subscriptions:
        raise NotFound(for_readers("This sign-up is not known here."))
    return sign_up, subscriptions


def has_expired(subscription: Subscription, asked_at: datetime) -> bool:
    """Return whether it is too late to confirm what was asked for at ``asked_at``; what is confirmed stays so."""
    return subscription.state is SubscriptionState.PENDING and now() - asked_at > CONFIRM_WITHIN


def has_left_since(subscription: Subscription, asked_at: datetime) -> bool:
    """Return whether the person left after ``asked_at``; who signed them up again since got a letter of its own."""
    return subscription.ended_at is not None and subscription.ended_at >= asked_at


def _is_unknown(session: Session, person: Subscriber) -> bool:
    """Whether nobody has confirmed anything yet: what is noted of the person is the word of whoever typed first."""
    ties = Subscription.subscriber_id == person.id, Subscription.state != SubscriptionState.PENDING
    return not session.execute(select(exists().where(*ties))).scalar_one()


def _confirm(session: Session, subscription: Subscription, asked_at: datetime, proof: Proof) -> None:
    if has_left_since(subscription, asked_at):
        return
    if has_expired(subscription, asked_at):
        raise Conflict(TOO_OLD)
    apply(session, subscription, SubscriptionEvent.CONFIRM, proof)
    if subscription.state is SubscriptionState.ACTIVE:
        lift_by_confirmation(session, subscription.subscriber.address_key, asked_at)
