"""Pause, resume, cancel. Owns what each does to the rows; the sender obeys because it asks before every DATA."""

from typing import Final

from sqlalchemy import func
from sqlalchemy.orm import Session

from service.deliveries.batches import SIZE
from service.deliveries.issue_alarms import withdraw_issue_alarms
from service.deliveries.models import AudiencePlan
from service.deliveries.planning import add_missing, plan_search
from service.deliveries.reasons import MISSED
from service.deliveries.running import lock_issue, set_going
from service.deliveries.sweep import skip_cancelled
from service.issues.models import Issue
from service.issues.states import IssueEvent, next_state
from service.staff.audit import note

AT_ONCE: Final = 5_000  # copies; those of a larger issue would hold up its cancel, which stops nobody before it commits


def pause_issue(session: Session, issue_id: int, account_id: int | None = None) -> None:
    """Stop sending before the next DATA; what is on the wire ends first.

    ``account_id`` is whose step the trail tells of; None: somebody at the command line.

    Raises:
        Conflict: when the issue is not being sent.
    """
    issue = lock_issue(session, issue_id)
    issue.state = next_state(issue.state, IssueEvent.PAUSE)
    note_step(session, account_id, "Paused", issue_id)


def resume_issue(session: Session, issue_id: int, account_id: int | None = None) -> None:
    """Go on with everyone who has not had a copy.

    Raises:
        Conflict: when the issue is not paused.
    """
    issue = lock_issue(session, issue_id)
    if issue.pause_reason == MISSED:
        _add_newcomers(session, issue)
    set_going(session, issue, IssueEvent.RESUME)
    withdraw_issue_alarms(session, issue_id)
    note_step(session, account_id, "Resumed", issue_id)


def _add_newcomers(session: Session, issue: Issue) -> None:
    """Add who became a reader while an issue that never started waited; many readers are looked through afterwards.

    Not where its audience is still being planned: who shares a mailbox is found once that is whole, and before it goes.
    """
    if session.get(AudiencePlan, issue.id) is not None or not plan_search(session, issue):
        add_missing(session, issue)


def cancel_issue(session: Session, issue_id: int, account_id: int | None = None) -> None:
    """Stop for good: everyone still waiting is skipped, with that reason; of a large issue the sweep skips the rest.

    Raises:
        Conflict: when the issue is neither being sent nor paused.
    """
    issue = lock_issue(session, issue_id)
    issue.state = next_state(issue.state, IssueEvent.CANCEL)
    issue.finished_at = func.now()
    withdraw_issue_alarms(session, issue_id)
    if (issue.audience or 0) <= AT_ONCE:
        session.flush()
        skip_cancelled(session, AT_ONCE // SIZE, issue_id)
    note_step(session, account_id, "Cancelled", issue_id)


def note_step(session: Session, account_id: int | None, action: str, issue_id: int, **details: object) -> None:
    """Tell the issue's trail what somebody did, or that it was done at the command line."""
    if account_id is None:
        action = f"{action} (at the command line)"
    note(session, account_id, action, f"issue:{issue_id}", **details)
