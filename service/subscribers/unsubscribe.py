"""Leaving. Owns that it always works, at once and for ever; asks for nothing in return."""

from typing import Final

from sqlalchemy.orm import Session

from service.subscribers.consent import Proof, apply, lock_subscription
from service.subscribers.models import Subscription
from service.subscribers.states import ConsentSource, LeaveReason, SubscriptionEvent

LONGEST_NOTE: Final = 500  # characters


def unsubscribe(
    session: Session,
    subscription_id: int,
    *,
    source: ConsentSource,
    wording: str,
    delivery_id: int | None = None,
    reason: LeaveReason | None = None,
    note: str = "",
) -> Subscription:
    """End a subscription and keep the proof; ``delivery_id`` is the copy whose link was used.

    ``reason`` and ``note`` are what the person said about it, if anything; said later, they are still kept.

    Safe to repeat: the second time changes nothing else. Effective for every mail whose DATA has not begun: the sender
    asks ``eligibility`` just before it.

    Raises:
        NotFound: when there is no such subscription.
    """
    subscription = lock_subscription(session, subscription_id)
    evidence = {} if delivery_id is None else {"delivery": delivery_id}
    apply(session, subscription, SubscriptionEvent.UNSUBSCRIBE, Proof(source, wording, evidence))
    subscription.ended_reason = reason or subscription.ended_reason
    subscription.ended_note = note.strip()[:LONGEST_NOTE] or subscription.ended_note
    return subscription
