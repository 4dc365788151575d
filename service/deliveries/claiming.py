"""Taking copies to send, under a lease and a fence. Owns the claim and the intent; never talks to a relay."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.control import CANCELLED
from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.eligibility import is_eligible
from service.subscribers.models import Subscriber

CLAIM_LEASE = timedelta(seconds=60)
SENDING_LEASE = timedelta(seconds=100)  # longer than the relay's deadline for one mail, or a slow sender is called dead
LEFT = "the person left after the audience was frozen"


@dataclass(frozen=True)
class Claim:
    """One copy in a sender's hands. ``fence`` proves that it still is; ``is_thanked`` chooses the form of its mail."""

    delivery_id: int
    fence: int
    issue_id: int
    subscription_id: int
    recipient: str
    is_thanked: bool
    name: str | None


def claim_batch(session: Session, issue_id: int, size: int) -> list[Claim]:
    """Take up to ``size`` waiting copies of a running issue. Two senders never get the same row (SKIP LOCKED)."""
    waiting = (
        select(Delivery.id)
        .join(Issue, Issue.id == Delivery.issue_id)
        .where(Delivery.issue_id == issue_id, Issue.state == IssueState.SENDING)
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.next_attempt_at <= func.now())
        .order_by(Delivery.next_attempt_at, Delivery.id)
        .limit(size)
        .with_for_update(skip_locked=True, of=Delivery)
    )
    taken = (
        update(Delivery)
        .where(Delivery.id.in_(waiting.scalar_subquery()), Subscriber.id == Delivery.subscriber_id)
        .values(
            state=DeliveryState.CLAIMED,
            fence=Delivery.fence + 1,
            lease_until=func.now() + CLAIM_LEASE,
            changed_at=func.now(),
        )
        .returning(
            Delivery.id,
            Delivery.fence,
            Delivery.issue_id,
            Delivery.subscription_id,
            Delivery.recipient,
            Delivery.is_thanked,
            Subscriber.name,
        )
        .execution_options(synchronize_session=False)
    )
    return [Claim(*row) for row in session.execute(taken)]


def intend(session: Session, claim: Claim) -> bool:
    """Mark the copy as about to leave, if it is still ours, the issue still runs and the person may still be mailed.

    To be committed just before DATA. Where the answer is no, the copy is skipped or given back here, with its reason.
    """
    intended = (
        update(Delivery)
        .where(*_ours(claim), is_eligible(Delivery.subscription_id), Issue.id == Delivery.issue_id)
        .where(Issue.state == IssueState.SENDING)
        .values(state=DeliveryState.SENDING, lease_until=func.now() + SENDING_LEASE, changed_at=func.now())
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    if session.execute(intended).one_or_none():
        return True
    _put_down(session, claim)
    return False


def give_back(session: Session, claims: list[Claim], wait: timedelta = timedelta()) -> None:
    """Return claimed copies to the queue, to be taken again after ``wait``."""
    for claim in claims:
        session.execute(
            update(Delivery)
            .where(*_ours(claim))
            .values(
                state=DeliveryState.QUEUED,
                lease_until=None,
                next_attempt_at=func.now() + wait,
                changed_at=func.now(),
            )
        )


def _put_down(session: Session, claim: Claim) -> None:
    issue_state = session.scalar(select(Issue.state).where(Issue.id == claim.issue_id))
    if issue_state is IssueState.PAUSED:
        give_back(session, [claim])
        return
    reason = CANCELLED if issue_state is IssueState.CANCELLED else LEFT
    session.execute(
        update(Delivery)
        .where(*_ours(claim))
        .values(state=DeliveryState.SKIPPED, reason=reason, lease_until=None, changed_at=func.now())
    )


def _ours(claim: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        Delivery.id == claim.delivery_id,
        Delivery.fence == claim.fence,
        Delivery.state == DeliveryState.CLAIMED,
    )
