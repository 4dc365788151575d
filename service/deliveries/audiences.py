"""A large audience is planned, searched for who lacks the issue, and taken down in the background: a part in each
transaction.

Rows say what is left to do: a plan that is not done, or copies of a draft. So it goes on after any crash, and the
audience of an issue is the number of its copies after each part.
"""

from collections.abc import Callable
from datetime import timedelta
from time import monotonic
from typing import Final, cast

from sqlalchemy import ColumnElement, CursorResult, and_, any_, delete, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.db import SessionFactory, transaction
from service.deliveries.missing import send_to_missing_part
from service.deliveries.models import SEARCH, AudiencePlan, Delivery
from service.deliveries.planning import add_copies, complete_plan
from service.deliveries.segments.choosing import select_chosen
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, enqueue
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState

PART: Final = 20_000  # people in one transaction: about a second, for which a withdrawal waits
SLICE: Final = timedelta(seconds=10)  # as long as one task may run


def tend_audience(
    factory: SessionFactory,
    issue_id: int,
    budget: timedelta = SLICE,
    should_stop: Callable[[], bool] = lambda: False,
) -> None:
    """Plan the rest of an issue's audience, or take down that of a draft, until it is done or ``budget`` is spent.

    Safe to repeat and to run in several processes: each part is done under the issue's lock, and nobody waits for it.
    """
    until = monotonic() + budget.total_seconds()
    while monotonic() < until and not should_stop():
        with transaction(factory) as session:
            if not do_part(session, issue_id):
                return
    with transaction(factory) as session:
        enqueue(session, Job.TEND_AUDIENCE, issue_id)


def nudge_audiences(session: Session) -> None:
    """Publish again, after the commit, which audiences are to be planned or taken down. Safe to repeat."""
    for issue_id in session.scalars(select(Issue.id).where(_has_work()).order_by(Issue.starts_at, Issue.id)).all():
        enqueue(session, Job.TEND_AUDIENCE, issue_id)


def is_being_planned(issue_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Return the SQL condition that the audience of the issue behind ``issue_id`` is not whole yet."""
    return exists().where(AudiencePlan.issue_id == issue_id)


def clear_audience(session: Session, issue_id: int) -> None:
    """Take away the copies of a locked issue that becomes a draft: at once, or the most of a large one afterwards."""
    session.execute(delete(AudiencePlan).where(AudiencePlan.issue_id == issue_id))
    if _clear_part(session, issue_id):
        enqueue(session, Job.TEND_AUDIENCE, issue_id)


def _has_work() -> ColumnElement[bool]:
    """Return the SQL condition that something is left to do for an issue in the background."""
    has_copies = exists().where(Delivery.issue_id == Issue.id)
    return or_(is_being_planned(Issue.id), and_(Issue.state == IssueState.DRAFT, has_copies))


def do_part(session: Session, issue_id: int) -> bool:
    """Do one part in the caller's transaction, where nobody else has the issue; returns whether more is left for us."""
    locked = select(Issue).where(Issue.id == issue_id, _has_work()).with_for_update(skip_locked=True, of=Issue)
    issue = session.scalar(locked.execution_options(populate_existing=True))
    if issue is None:  # done, or in other hands
        return False
    if issue.state not in {IssueState.DRAFT, IssueState.CANCELLED}:
        return _plan_part(session, issue)
    # Nobody else gets a cancelled one; and a program older than the plans leaves them behind when it takes one back.
    session.execute(delete(AudiencePlan).where(AudiencePlan.issue_id == issue_id))
    return issue.state is IssueState.DRAFT and _clear_part(session, issue_id)


def _plan_part(session: Session, issue: Issue) -> bool:
    plan = session.get(AudiencePlan, issue.id)
    if plan is None:  # another process has just finished it
        return False
    # By the index of active subscriptions alone: who of them may be mailed is asked of this part, not of all the rest.
    active = (Subscription.newsletter_id == issue.newsletter_id, Subscription.state == SubscriptionState.ACTIVE)
    next_ids = select(Subscription.id).where(*active, Subscription.id > plan.after_id).order_by(Subscription.id)
    last_id = session.scalar(select(func.max(next_ids.limit(PART).subquery().c.id)))
    if last_id is None:
        complete_plan(session, issue)
        return False
    part = (plan.after_id + 1, last_id)
    if plan.expected == SEARCH:
        send_to_missing_part(session, issue, part)
    else:
        add_copies(session, issue, select_chosen(session, issue, part))
    plan.after_id = last_id
    return True


def _clear_part(session: Session, issue_id: int) -> bool:
    # An array, and in the index's order, so that no other issue's copies are read to find these.
    some = select(Delivery.id).where(Delivery.issue_id == issue_id).order_by(Delivery.subscriber_id).limit(PART)
    mine = delete(Delivery).where(Delivery.id == any_(func.array(some.scalar_subquery())))
    gone = session.execute(mine.execution_options(synchronize_session=False))
    return cast("CursorResult[tuple[()]]", gone).rowcount == PART
