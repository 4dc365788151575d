"""The units of sending work. Owns how copies are cut into them, who holds one and for how long, and when one is due.

A lease goes by the database's clock; the fence tells its holder from whoever held the batch before. Never moves a copy.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Session

from service.deliveries.models import Batch, BatchSignatures, fences
from service.deliveries.moves import deliveries, is_in
from service.deliveries.states import DeliveryState, is_open
from service.issues.models import Issue
from service.issues.states import IssueState

SIZE: Final = 1000
LEASE: Final = timedelta(seconds=60)
RENEW_AFTER: Final = 10.0  # seconds; a sender that lives never comes near the end of its lease

_batches: Final = cast("Table", Batch.__table__)
_issues: Final = cast("Table", Issue.__table__)
_signatures: Final = cast("Table", BatchSignatures.__table__)


@dataclass(frozen=True, slots=True)
class HeldBatch:
    """A batch in a sender's hands. ``fence`` proves that it still is; ``issue_made_at`` names the issue anywhere."""

    id: int
    fence: int
    issue_id: int
    first_id: int
    last_id: int
    issue_made_at: datetime


# What lies behind the last batch: rows planned since, or by code that knew no batches.
_MAKE: Final = text("""
insert into batches (issue_id, first_id, last_id, size)
select issue_id, min(id), max(id), count(*)
from (
    select d.issue_id, d.id, (row_number() over (order by d.id) - 1) / :size as number
    from deliveries d
    where d.issue_id = :issue_id
      and d.id > coalesce((select max(last_id) from batches where issue_id = :issue_id), 0)
) numbered
group by issue_id, number
""")

_WAKE: Final = text("""
update batches set due_at = now()
where issue_id = :issue_id
  and exists (select from unnest(cast(:ids as bigint[])) as one where one between first_id and last_id)
""")


def make_batches(session: Session, issue_id: int) -> None:
    """Put the copies of an issue that lie in no batch yet into batches, due now. Safe to repeat.

    Call it under the issue's lock: two at once would make the same batches.
    """
    session.execute(_MAKE, {"issue_id": issue_id, "size": SIZE})


def wake(session: Session, issue_id: int, delivery_ids: Sequence[int]) -> None:
    """Let the batches of these copies be taken now. Call it after their rows were queued again."""
    session.execute(_WAKE, {"issue_id": issue_id, "ids": list(delivery_ids)})


def lies_in_batch(issue: Any, first: Any, last: Any) -> ColumnElement[bool]:
    """Return the SQL condition that a copy lies in the batch of ``issue`` from the id ``first`` to ``last``."""
    # The sum keeps PostgreSQL from the index that begins with the issue: without statistics it read all of the issue
    # there for each batch, and the cost of a copy grew with the audience.
    return and_(deliveries.c.id.between(first, last), deliveries.c.issue_id + 0 == issue)


def is_free() -> ColumnElement[bool]:
    """Return the SQL condition that nobody holds a batch, or its holder's lease ran out."""
    return or_(_batches.c.lease_until.is_(None), _batches.c.lease_until < func.now())


_is_due: Final = and_(_batches.c.due_at <= func.now(), is_free())


def _take(which: Select[int]) -> Update:
    """Return the UPDATE that takes the batches of ``which``, each with a fence of its own, under a new lease."""
    ids = which.with_for_update(skip_locked=True, of=_batches).cte("chosen").prefix_with("materialized")
    return (
        update(_batches)
        .where(_batches.c.id == ids.c.id, _issues.c.id == _batches.c.issue_id)
        .values(fence=fences.next_value(), lease_until=func.now() + LEASE)
        .returning(
            _batches.c.id,
            _batches.c.fence,
            _batches.c.issue_id,
            _batches.c.first_id,
            _batches.c.last_id,
            _issues.c.created_at,
        )
    )


_of_issues: Final = select(_batches.c.id).join(_issues, _issues.c.id == _batches.c.issue_id)
_waiting: Final = (
    _of_issues.where(_batches.c.issue_id == bindparam("issue"), _issues.c.state == IssueState.SENDING, _is_due)
    .order_by(_batches.c.due_at, _batches.c.id)
    .limit(1)
)
_TAKE_WAITING: Final = _take(_waiting)
_TAKE_EXPIRED: Final = _take(
    select(_batches.c.id).where(_batches.c.due_at.is_not(None), _batches.c.lease_until < func.now())
)
_cancelled: Final = _of_issues.where(
    _issues.c.state == IssueState.CANCELLED, _batches.c.due_at.is_not(None), is_free()
).limit(bindparam("most"))
_TAKE_CANCELLED: Final = _take(_cancelled)
_TAKE_CANCELLED_OF: Final = _take(_cancelled.where(_issues.c.id == bindparam("issue")))
_mine: Final = (_batches.c.id == bindparam("batch"), _batches.c.fence == bindparam("held_fence"))
_RENEW: Final = update(_batches).where(*_mine).values(lease_until=func.now() + LEASE).returning(_batches.c.id)


def has_due_batch(session: Session, issue_id: int) -> bool:
    """Whether a sender of this issue would find work now."""
    return session.execute(_waiting, {"issue": issue_id}).first() is not None


def claim_batch(session: Session, issue_id: int) -> HeldBatch | None:
    """Take one due batch of a running issue, or None. Two senders never get the same one (SKIP LOCKED).

    What a holder that died left in it is still as it was: ``service.deliveries.claiming`` frees that.
    """
    row = session.execute(_TAKE_WAITING, {"issue": issue_id}).one_or_none()
    return HeldBatch(*row) if row else None


def claim_expired(session: Session) -> list[HeldBatch]:
    """Take every batch whose holder's lease ran out, whatever its issue does."""
    return [HeldBatch(*row) for row in session.execute(_TAKE_EXPIRED)]


def claim_cancelled(session: Session, most: int, issue_id: int | None = None) -> list[HeldBatch]:
    """Take up to ``most`` batches in which a copy is still open: of this cancelled issue, or of every one."""
    if issue_id is None:
        rows = session.execute(_TAKE_CANCELLED, {"most": most})
    else:
        rows = session.execute(_TAKE_CANCELLED_OF, {"most": most, "issue": issue_id})
    return [HeldBatch(*row) for row in rows]


def renew(session: Session, held: HeldBatch) -> bool:
    """Hold the batch for another lease, and lock its row until the commit. False: somebody else has it by now."""
    return session.execute(_RENEW, {"batch": held.id, "held_fence": held.fence}).one_or_none() is not None


def _next_due() -> ScalarSelect[datetime]:
    """Return the SQL for when a copy of the batch waits next; NULL where none is open.

    A copy that is claimed or on its way without a lease of its own was left by a sender that died: due at once. One
    with a lease is in the hands of a sender older than batches.
    """
    when = case(
        (deliveries.c.state == DeliveryState.QUEUED, deliveries.c.next_attempt_at),
        else_=func.coalesce(deliveries.c.lease_until, func.now()),
    )
    return (
        select(func.min(when))
        .where(lies_in_batch(_batches.c.issue_id, _batches.c.first_id, _batches.c.last_id))
        .where(is_in([state for state in DeliveryState if is_open(state)]))
        .scalar_subquery()
    )


_PUT_DOWN: Final = (
    update(_batches).where(*_mine).values(lease_until=None, due_at=_next_due()).returning(_batches.c.due_at)
)
_LOCK: Final = select(_batches.c.id).where(_batches.c.id == bindparam("batch")).with_for_update()
_RECKON: Final = update(_batches).where(_batches.c.id == bindparam("batch"), is_free()).values(due_at=_next_due())
_FORGET: Final = delete(_signatures).where(_signatures.c.batch_id == bindparam("batch"))


def put_down(session: Session, held: HeldBatch) -> bool:
    """Let go of the batch; it is due when the first of its copies is. False: it was somebody else's, or nobody's."""
    names = {"batch": held.id, "held_fence": held.fence}
    # The row is locked by a statement of its own, so that the next one sees every copy that was queued before a
    # ``wake`` that we waited for; in one statement those would be missed, and the copy would wait for ever.
    if not renew(session, held):
        session.execute(_LOCK, names)
        session.execute(_RECKON, names)  # for the copies that the caller, late as it is, queued again
        return False
    if session.execute(_PUT_DOWN, names).scalar_one() is None:
        session.execute(_FORGET, names)
    return True
