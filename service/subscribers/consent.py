"""The one place where consent changes: state and proof move together, under a lock on the row."""

from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent, next_state


@dataclass(frozen=True)
class Proof:
    """By which door a person acted, the exact wording they saw, and what else shows it (ids only, never an IP)."""

    source: ConsentSource
    wording: str
    evidence: dict[str, int] = field(default_factory=dict)


def lock_subscription(session: Session, subscription_id: int) -> Subscription:
    """Return the subscription locked until the end of the transaction, or raise ``NotFound``."""
    found = session.scalar(
        select(Subscription)
        .where(Subscription.id == subscription_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("This subscription is not known here.")
    return found


def apply(session: Session, subscription: Subscription, event: SubscriptionEvent, proof: Proof) -> bool:
    """Move a locked subscription by ``event`` and record the proof. Returns whether the state changed.

    Safe to repeat: an event that changes nothing leaves no second proof, but for a renewed request.
    """
    before, after = subscription.state, next_state(subscription.state, event)
    changed = before != after
    if changed or event is SubscriptionEvent.REQUEST:
        session.add(
            ConsentEvent(
                subscription_id=subscription.id,
                event=event,
                source=proof.source,
                wording=proof.wording,
                evidence=proof.evidence,
            )
        )
    if changed:
        subscription.state = after
        _stamp(subscription, event)
    return changed


def _stamp(subscription: Subscription, event: SubscriptionEvent) -> None:
    column = {
        SubscriptionEvent.REQUEST: "requested_at",
        SubscriptionEvent.CONFIRM: "confirmed_at",
        SubscriptionEvent.UNSUBSCRIBE: "ended_at",
    }[event]
    setattr(subscription, column, func.now())
