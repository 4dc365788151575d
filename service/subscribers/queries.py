"""Reading readers. Owns look-ups and counts; changes nothing."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from service.errors import NotFound
from service.subscribers.models import ConsentEvent, Subscriber, Subscription
from service.subscribers.states import SubscriptionEvent, SubscriptionState


def get_subscription(session: Session, subscription_id: int) -> Subscription:
    """Return the subscription with its subscriber, or raise ``NotFound``."""
    found = session.scalar(
        select(Subscription).where(Subscription.id == subscription_id).options(joinedload(Subscription.subscriber))
    )
    if found is None:
        raise NotFound("This subscription is not known here.")
    return found


def get_subscriber(session: Session, subscriber_id: int) -> Subscriber:
    """Return the person, also an erased one, or raise ``NotFound``."""
    found = session.get(Subscriber, subscriber_id)
    if found is None:
        raise NotFound("This reader is not known here.")
    return found


def find_subscriber(session: Session, address_key: str) -> Subscriber | None:
    """Return the person with this address key, or None."""
    return session.scalar(select(Subscriber).where(Subscriber.address_key == address_key))


def count_active(session: Session, newsletter_id: int) -> int:
    """Return how many people get this newsletter."""
    active = select(func.count()).where(
        Subscription.newsletter_id == newsletter_id, Subscription.state == SubscriptionState.ACTIVE
    )
    return session.scalar(active) or 0


def count_unsubscribed_since(session: Session, newsletter_id: int, since: datetime) -> int:
    """Return how many people have left this newsletter since an aware moment, each counted once."""
    left = (
        select(func.count(ConsentEvent.subscription_id.distinct()))
        .join(Subscription, Subscription.id == ConsentEvent.subscription_id)
        .where(Subscription.newsletter_id == newsletter_id)
        .where(ConsentEvent.event == SubscriptionEvent.UNSUBSCRIBE, ConsentEvent.happened_at >= since)
    )
    return session.scalar(left) or 0
