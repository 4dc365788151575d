"""Copies that staff ask for by name. Owns what becomes of one that goes once more, and that the old evidence is kept.

Nothing here is done by the service itself: an uncertain copy is never sent again unless a person says so.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import case, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.batches import wake
from service.deliveries.control import note_step
from service.deliveries.models import Delivery, fences
from service.deliveries.running import lock_issue, set_going
from service.deliveries.states import DeliveryEvent, DeliveryState, next_state
from service.issues.models import Issue
from service.issues.states import IssueEvent
from service.issues.states import next_state as next_issue_state
from service.routes.learning import hide_addresses
from service.subscribers.eligibility import is_eligible

AGAIN: Final = "staff asked for another copy"
ENTRY: Final = 500  # copies whose evidence one entry of the trail holds
_MOVABLE: Final = [state for state in DeliveryState if next_state(state, DeliveryEvent.SEND_AGAIN)]


def send_again(session: Session, issue_id: int, delivery_ids: Sequence[int], account_id: int | None = None) -> int:
    """Queue these copies again, whatever became of the first. Returns how many; 0 changes nothing.

    Not touched are copies that are on their way already, and those of people who may not be mailed any more. The fence
    moves on, so that nothing that an earlier sender still learns changes the new copy; the trail keeps what was known
    of the old one. Safe to repeat: the second time they are on their way.

    Raises:
        Conflict: when the issue was cancelled, or has not begun.
    """
    issue = lock_open(session, issue_id)
    copies = session.scalars(
        select(Delivery)
        .where(Delivery.issue_id == issue_id, Delivery.id.in_(delivery_ids), Delivery.state.in_(_MOVABLE))
        .where(is_eligible(Delivery.subscription_id, Delivery.recipient))
        .order_by(Delivery.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    for start in range(0, len(copies), ENTRY):
        evidence = [_describe(copy) for copy in copies[start : start + ENTRY]]
        note_step(session, account_id, "Sent copies again", issue_id, people=len(evidence), copies=evidence)
    if copies:
        queue_again(session, issue, [copy.id for copy in copies])
        set_going(session, issue, IssueEvent.REOPEN)
    return len(copies)


def lock_open(session: Session, issue_id: int) -> Issue:
    """Return the issue, locked.

    Raises:
        Conflict: when no copy can be added to it.
    """
    issue = lock_issue(session, issue_id)
    next_issue_state(issue.state, IssueEvent.REOPEN)
    return issue


def queue_again(session: Session, issue: Issue, delivery_ids: Sequence[int]) -> None:
    """Queue these copies of the locked issue anew, under fences that no sender of the first ones holds."""
    session.flush()
    session.execute(
        update(Delivery)
        .where(Delivery.id == func.any(list(delivery_ids)))
        .values(
            state=DeliveryState.QUEUED,
            fence=fences.next_value(),
            lease_until=None,
            attempts=0,
            crashes=0,
            next_attempt_at=func.now(),
            reply_code=None,
            reply_text=None,
            route=None,
            # So that its first copy is not forgotten where the second is given back: see ``claiming.give_back``.
            reason=case((Delivery.message_id.is_not(None), AGAIN)),
            settled_at=None,
            first_tried_at=None,
            changed_at=func.now(),
        )
        .execution_options(synchronize_session=False)
    )
    wake(session, issue.id, list(delivery_ids))


def _describe(copy: Delivery) -> dict[str, object]:
    """Return what was known of a copy, by its id and without its address: the trail outlives the person's data."""
    return {
        "copy": copy.id,
        "state": copy.state.value,
        "since": copy.changed_at.isoformat(timespec="seconds"),
        "route": copy.route,
        "reply": hide_addresses(" ".join(str(part) for part in (copy.reply_code, copy.reply_text) if part)),
        "reason": copy.reason,
        "attempts": copy.attempts,
    }
