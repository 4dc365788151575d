"""Pause, resume, cancel. Owns what each does to the rows; the sender obeys because it asks before every DATA."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.deliveries.models import Delivery
from service.deliveries.states import DeliveryState
from service.errors import NotFound
from service.issues.models import Issue
from service.issues.states import IssueEvent, next_state
from service.jobs import Job, enqueue

CANCELLED = "the issue was cancelled"


def pause_issue(session: Session, issue_id: int) -> None:
    """Stop sending before the next DATA; what is on the wire ends first."""
    _move(session, issue_id, IssueEvent.PAUSE)


def resume_issue(session: Session, issue_id: int) -> None:
    """Go on with everyone who has not had a copy."""
    _move(session, issue_id, IssueEvent.RESUME)
    enqueue(session, Job.SEND_ISSUE, issue_id)


def cancel_issue(session: Session, issue_id: int) -> None:
    """Stop for good: everyone still waiting is skipped, with that reason."""
    _move(session, issue_id, IssueEvent.CANCEL).finished_at = func.now()
    session.execute(
        update(Delivery)
        .where(Delivery.issue_id == issue_id, Delivery.state == DeliveryState.QUEUED)
        .values(state=DeliveryState.SKIPPED, reason=CANCELLED, changed_at=func.now())
    )


def _move(session: Session, issue_id: int, event: IssueEvent) -> Issue:
    issue = session.scalar(
        select(Issue).where(Issue.id == issue_id).with_for_update().execution_options(populate_existing=True)
    )
    if issue is None:
        raise NotFound("There is no such issue.")
    issue.state = next_state(issue.state, event)
    return issue
