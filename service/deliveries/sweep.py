"""Work that was lost is found again from the batches. Owns expired leases, finished and cancelled issues, lost nudges.

Runs every few seconds; harmless when run twice at once. It costs the same for a million copies as for a thousand: only
what a dead sender left is looked at copy by copy.
"""

from typing import Final

from sqlalchemy import ColumnElement, bindparam, exists, func, select, update
from sqlalchemy.orm import Session

from service.deliveries.abandoned import free_copies
from service.deliveries.batches import claim_cancelled, claim_expired, lies_in_batch, make_batches, put_down
from service.deliveries.letters import list_due_letters
from service.deliveries.models import Batch
from service.deliveries.moves import move
from service.deliveries.reasons import CANCELLED
from service.deliveries.states import DeliveryEvent
from service.issues.models import Issue
from service.issues.states import IssueEvent, IssueState, next_state
from service.jobs import Job, enqueue

CANCELLED_AT_ONCE: Final = 20  # batches in one sweep, so that a large issue's end holds up nothing

_SKIP: Final = (
    move(DeliveryEvent.SKIP)
    .where(lies_in_batch(bindparam("issue"), bindparam("first"), bindparam("last")))
    .values(reason=CANCELLED)
)


def sweep(session: Session) -> None:
    """Free what dead senders held, finish what is done, and nudge what waits. Safe to repeat."""
    free_expired(session)
    skip_cancelled(session, CANCELLED_AT_ONCE)
    batch_rest(session)
    reopen_issues(session)
    finish_issues(session)
    nudge(session)


def free_expired(session: Session) -> None:
    """Put down the batches of senders whose lease ran out, and free what they had in hand."""
    for held in claim_expired(session):
        free_copies(session, held)
        put_down(session, held)


def skip_cancelled(session: Session, most: int = CANCELLED_AT_ONCE, issue_id: int | None = None) -> None:
    """Skip those who still wait for a copy of a cancelled issue, of this one or any, in up to ``most`` batches."""
    for held in claim_cancelled(session, most, issue_id):
        free_copies(session, held)
        session.execute(_SKIP, {"issue": held.issue_id, "first": held.first_id, "last": held.last_id})
        put_down(session, held)


def batch_rest(session: Session) -> None:
    """Make batches for copies that lie in none: code older than batches planned them."""
    batched = select(func.coalesce(func.sum(Batch.size), 0)).where(Batch.issue_id == Issue.id).scalar_subquery()
    lacking = (
        select(Issue.id)
        .where(Issue.state.in_([IssueState.SENDING, IssueState.PAUSED]), Issue.audience > batched)
        .with_for_update(skip_locked=True)
    )
    for issue_id in session.scalars(lacking).all():
        make_batches(session, issue_id)


def reopen_issues(session: Session) -> None:
    """Go on with an issue that was called sent before its last sender woke, and gave back what it had never sent."""
    session.execute(
        update(Issue)
        .where(Issue.state == IssueState.SENT, _has_open_batch())
        .values(state=next_state(IssueState.SENT, IssueEvent.REOPEN), finished_at=None)
        .execution_options(synchronize_session=False)
    )


def finish_issues(session: Session) -> None:
    """Call a running issue sent once no copy of it is open."""
    running = select(Issue.id).where(Issue.state == IssueState.SENDING, ~_has_open_batch())
    locked = session.scalars(running.with_for_update(skip_locked=True)).all()
    # Asked again under the lock: copies may have been added, or queued again, while it was waited for.
    session.execute(
        update(Issue)
        .where(Issue.id.in_(locked), ~_has_open_batch())
        .values(state=next_state(IssueState.SENDING, IssueEvent.FINISH), finished_at=func.now())
        .execution_options(synchronize_session=False)
    )


def nudge(session: Session) -> None:
    """Publish again, after the commit, what waits for a worker: the broker may have lost it."""
    is_free = (Batch.lease_until.is_(None)) | (Batch.lease_until < func.now())
    due = exists().where(Batch.issue_id == Issue.id, Batch.due_at <= func.now(), is_free)
    for issue_id in session.scalars(select(Issue.id).where(Issue.state == IssueState.SENDING, due)):
        enqueue(session, Job.SEND_ISSUE, issue_id)
    for letter_id in list_due_letters(session):
        enqueue(session, Job.DELIVER_LETTER, letter_id)


def _has_open_batch() -> ColumnElement[bool]:
    return exists().where(Batch.issue_id == Issue.id, Batch.due_at.is_not(None))
