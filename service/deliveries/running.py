"""An issue that begins to leave, or goes on leaving. Owns what that sets on its row and how many senders are woken."""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.issues.models import Issue
from service.issues.states import IssueEvent, IssueState, next_state
from service.jobs import Job, enqueue

SENDERS: Final = 4  # nudges: as many as a small house has senders; the sweep wakes whoever else there is


def lock_issue(session: Session, issue_id: int) -> Issue:
    """Return the issue as it is now, locked until the end of the transaction, or raise ``NotFound``."""
    issue = session.scalar(
        select(Issue).where(Issue.id == issue_id).with_for_update().execution_options(populate_existing=True)
    )
    if issue is None:
        raise NotFound("There is no such issue.")
    return issue


def set_going(session: Session, issue: Issue, event: IssueEvent) -> None:
    """Move the locked issue by START, RESUME or REOPEN and wake senders after the commit; one that rests, rests on.

    Of one that did not run, the window in which copies are tried again counts from here: who paused for a week has lost
    none of it.

    Raises:
        Conflict: when ``event`` means nothing in the issue's state.
    """
    ran, issue.state = issue.state is IssueState.SENDING, next_state(issue.state, event)
    if issue.state is not IssueState.SENDING:
        return
    if not ran:
        issue.starts_at, issue.pause_reason, issue.finished_at = func.now(), None, None
    for _ in range(min(SENDERS, issue.audience or 0)):
        enqueue(session, Job.SEND_ISSUE, issue.id)
