"""The one place where consent changes: state and proof move together, under a lock on the row."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.subscribers.models import ConsentEvent, Subscription
from service.subscribers.states import ConsentSource, SubscriptionEvent, next_state

# When it happened is written beside the state. The choices of how to be mailed have columns of their own.
_STAMPS: Final = {
    SubscriptionEvent.REQUEST: "requested_at",
    SubscriptionEvent.CONFIRM: "confirmed_at",
    SubscriptionEvent.UNSUBSCRIBE: "ended_at",
    SubscriptionEvent.UNDO_IMPORT: "ended_at",
    SubscriptionEvent.ERASE: "ended_at",
}
# Each of these is worth a proof though the state stays: it is asked for anew, or is a choice within it.
_ALWAYS_PROVEN: Final = {
    SubscriptionEvent.REQUEST,
    SubscriptionEvent.PAUSE,
    SubscriptionEvent.RESUME,
    SubscriptionEvent.CHOOSE_FREQUENCY,
    SubscriptionEvent.CHANGE_ADDRESS,
}


@dataclass(frozen=True)
class Proof:
    """By which door a person acted, the exact wording they saw, and what else shows it (ids only, never an IP).

    ``account_id``: who of the staff acted for them.
    """

    source: ConsentSource
    wording: str
    evidence: dict[str, int] = field(default_factory=dict)
    account_id: int | None = None


def wording_version(wording: str) -> str:
    """Return a short name of a wording: another one has another name, so the name can't disagree with the text."""
    return sha256(wording.encode()).hexdigest()[:8]


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

    Safe to repeat: an event that changes nothing leaves no second proof, but for a renewed request or choice.
    """
    before, after = subscription.state, next_state(subscription.state, event)
    changed = before != after
    if changed or event in _ALWAYS_PROVEN:
        session.add(
            ConsentEvent(
                subscription_id=subscription.id,
                event=event,
                source=proof.source,
                wording=proof.wording,
                evidence=proof.evidence,
                account_id=proof.account_id,
            )
        )
    if changed:
        subscription.state = after
        setattr(subscription, _STAMPS[event], func.now())
    return changed
