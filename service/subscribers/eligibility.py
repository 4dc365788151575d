"""May this person be mailed now? The one home of that rule, as SQL, for planning and for the moment before DATA."""

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import InstrumentedAttribute

from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState


def select_audience(newsletter_id: int) -> Select[int, int, str]:
    """Return the query for (subscriber id, subscription id, mailed address) of everyone who may get an issue now."""
    return (
        select(Subscriber.id, Subscription.id, Subscriber.mailed_address)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == newsletter_id, Subscription.state == SubscriptionState.ACTIVE)
    )


def is_eligible(subscription_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the person behind ``subscription_id`` may be mailed at this moment."""
    return exists().where(Subscription.id == subscription_id, Subscription.state == SubscriptionState.ACTIVE)
