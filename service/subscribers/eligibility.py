"""May this person be mailed now? The one home of that rule, as SQL, for planning and for the moment before DATA."""

from typing import Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from service.subscribers.suppression import is_suppressed


def select_audience(newsletter_id: int) -> Select[int, int, str]:
    """Return the query for (subscriber id, subscription id, mailed address) of everyone who may get an issue now."""
    return (
        select(Subscriber.id, Subscription.id, Subscriber.mailed_address)
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == newsletter_id, _may_be_mailed())
    )


def is_eligible(
    subscription_id: InstrumentedAttribute[int], recipient: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    """Return the SQL condition that the person behind ``subscription_id`` may be mailed at this moment, and still has
    the address ``recipient``."""
    return exists().where(*_match_person(subscription_id, recipient), _may_be_mailed())


def has_address(
    subscription_id: InstrumentedAttribute[int], recipient: InstrumentedAttribute[str]
) -> ColumnElement[bool]:
    """Return the SQL condition that the person still has the address ``recipient``."""
    return exists().where(*_match_person(subscription_id, recipient))


def is_active(subscription_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the person has agreed and not left since."""
    return exists().where(Subscription.id == subscription_id, _agreed)


def is_paused(subscription_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the person has asked for a rest that is not over."""
    return exists().where(Subscription.id == subscription_id, ~_awake)


_agreed: Final = Subscription.state == SubscriptionState.ACTIVE
_awake: Final = or_(Subscription.paused_until.is_(None), Subscription.paused_until <= func.now())


def _match_person(
    subscription_id: InstrumentedAttribute[int], recipient: InstrumentedAttribute[str]
) -> tuple[ColumnElement[bool], ...]:
    return (
        Subscription.id == subscription_id,
        Subscriber.id == Subscription.subscriber_id,
        Subscriber.mailed_address == recipient,
    )


def _may_be_mailed() -> ColumnElement[bool]:
    """Return the rule over one subscription and its subscriber: agreed, not resting, and the address may be mailed."""
    return and_(_agreed, _awake, ~is_suppressed(Subscriber.address_key))
