"""Fewer mails instead of none: a rest until a day, or at most one in a while. Never ends a subscription."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput, Conflict
from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscription
from service.subscribers.states import MailFrequency, SubscriptionEvent, SubscriptionState

LONGEST_PAUSE: Final = timedelta(days=366)


def pause(session: Session, subscription_id: int, until: datetime, proof: Proof) -> Subscription:
    """Let nothing of a newsletter reach a person before ``until``, an aware moment. Safe to repeat; the last one holds.

    Raises:
        BadInput: when ``until`` is not ahead, or more than a year.
        Conflict: when the person does not get the newsletter.
        NotFound: when there is no such subscription.
    """
    if not now() < until <= now() + LONGEST_PAUSE:
        raise BadInput("A pause ends on a day to come, within a year.")
    subscription = _lock_active(session, subscription_id)
    if subscription.paused_until != until:
        apply(session, subscription, SubscriptionEvent.PAUSE, proof)
        subscription.paused_until = until
    return subscription


def resume(session: Session, subscription_id: int, proof: Proof) -> Subscription:
    """End a pause now. Safe to repeat.

    Raises:
        NotFound: when there is no such subscription.
    """
    subscription = lock_subscription(session, subscription_id)
    if subscription.paused_until is not None:
        apply(session, subscription, SubscriptionEvent.RESUME, proof)
        subscription.paused_until = None
    return subscription


def choose_frequency(session: Session, subscription_id: int, frequency: MailFrequency, proof: Proof) -> Subscription:
    """Let a person have at most one issue in a while, or every one again. Safe to repeat.

    Raises:
        Conflict: when the person does not get the newsletter.
        NotFound: when there is no such subscription.
    """
    subscription = _lock_active(session, subscription_id)
    if subscription.frequency is not frequency:
        apply(session, subscription, SubscriptionEvent.CHOOSE_FREQUENCY, proof)
        subscription.frequency = frequency
    return subscription


def _lock_active(session: Session, subscription_id: int) -> Subscription:
    subscription = lock_subscription(session, subscription_id)
    if subscription.state is not SubscriptionState.ACTIVE:
        raise Conflict("You do not get this newsletter now, so there is nothing to slow down.")
    return subscription
