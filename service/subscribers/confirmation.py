"""The second half of double opt-in. Owns that a person's own act, and nothing else, makes a subscription active."""

from sqlalchemy.orm import Session

from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent


def confirm_subscription(session: Session, subscription_id: int, *, wording: str) -> Subscription:
    """Make a pending subscription active and keep the proof. Safe to repeat: a second confirmation changes nothing.

    Raises:
        NotFound: when there is no such subscription.
    """
    subscription = lock_subscription(session, subscription_id)
    apply(session, subscription, SubscriptionEvent.CONFIRM, Proof(ConsentSource.CONFIRM_PAGE, wording))
    return subscription
