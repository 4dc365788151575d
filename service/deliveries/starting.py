"""A held issue starts when its time has come, once, or is taken back before. Times go by the database's clock."""

import logging
from typing import Final

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.db import SessionFactory, transaction
from service.deliveries.audiences import clear_audience, is_being_planned
from service.deliveries.control import note_step
from service.deliveries.issue_alarms import name_missed_alarm, withdraw_issue_alarms
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import add_missing
from service.deliveries.reasons import MISSED
from service.deliveries.running import lock_issue, set_going
from service.errors import Conflict
from service.issues.models import Edition, Issue
from service.issues.schedule import GRACE, is_missed
from service.issues.states import IssueEvent, IssueState, next_state
from service.staff.audit import note
from service.tracking.models import Link

log = logging.getLogger(__name__)

NOT_BACK: Final = (
    "Copies of this issue may have left already, so it can’t be taken back. It can be paused and cancelled."
)


def start_each_due_issue(factory: SessionFactory) -> None:
    """Start every held issue whose time has come; who became a reader while it waited gets a copy too.

    One that is an hour late or more is paused instead, with an alarm: staff decide whether it is still wanted. Each has
    a transaction of its own, so one that fails is logged, is tried again at the next call, and holds up no other.
    Safe to repeat and to run twice at once: an issue is locked, and moves once.
    """
    with transaction(factory) as session:
        due = session.scalars(select(Issue.id).where(_is_due()).order_by(Issue.starts_at, Issue.id)).all()
    for issue_id in due:
        try:
            with transaction(factory) as session:
                _start_due(session, issue_id)
        except Exception:
            log.exception("issue %d did not start at its time; it will be tried again", issue_id)


def withdraw_issue(session: Session, issue_id: int, account_id: int | None = None) -> None:
    """Make an issue of which nothing has left a draft again: its edition, audience and links are gone.

    Raises:
        Conflict: when a copy of it may have left, or a sender has a part of it in hand, or it was never released.
    """
    issue = lock_issue(session, issue_id)
    issue.state = next_state(issue.state, IssueEvent.WITHDRAW)
    if not is_untouched(session, issue_id):
        raise Conflict(NOT_BACK)
    issue.audience = issue.released_at = issue.starts_at = issue.pause_reason = None
    issue.segment_text = issue.excluded_segment_text = None
    clear_audience(session, issue_id)
    for model in (Batch, Link, Edition):
        session.execute(delete(model).where(model.issue_id == issue_id).execution_options(synchronize_session=False))
    withdraw_issue_alarms(session, issue_id)
    note_step(session, account_id, "Took the issue back before it left", issue_id)


def is_untouched(session: Session, issue_id: int) -> bool:
    """Return whether certainly nothing of the issue has left, and no sender has a part of it in hand.

    A Message-ID is written with the intent, so what has none never left.
    """
    may_have_left = exists().where(Delivery.issue_id == issue_id, Delivery.message_id.is_not(None))
    in_hand = exists().where(Batch.issue_id == issue_id, Batch.lease_until >= func.now())
    return not session.scalar(select(or_(may_have_left, in_hand)))


def _is_due() -> ColumnElement[bool]:
    """Return the SQL condition that a held issue's time has come: its audience is whole, or its time has passed."""
    is_late = Issue.starts_at < func.now() - GRACE
    is_ready = or_(~is_being_planned(Issue.id), is_late)
    return and_(Issue.state == IssueState.HELD, Issue.starts_at <= func.now(), is_ready)


def _start_due(session: Session, issue_id: int) -> None:
    locked = select(Issue, func.now()).where(Issue.id == issue_id, _is_due()).with_for_update(skip_locked=True)
    row = session.execute(locked.execution_options(populate_existing=True)).one_or_none()
    if row is None:  # somebody else has it
        return
    issue, present = row
    if issue.starts_at is not None and is_missed(issue.starts_at, present):
        _miss(session, issue)
    else:
        _start(session, issue)


def _start(session: Session, issue: Issue) -> None:
    added = add_missing(session, issue)
    set_going(session, issue, IssueEvent.START)
    note(session, None, "Began to send the issue", f"issue:{issue.id}", readers=issue.audience, joined=added)


def _miss(session: Session, issue: Issue) -> None:
    issue.state, issue.pause_reason = next_state(issue.state, IssueEvent.MISS), MISSED
    name = f"“{issue.title}”" if issue.title else f"issue {issue.number}"
    sentence = f"{name} of {issue.newsletter.name} was to start on its time, but nothing ran then. It waits for you."
    raise_alarm(session, name_missed_alarm(issue.id), sentence)
    note(session, None, "Did not start the issue: its time had passed", f"issue:{issue.id}")
