"""Who works on an import, how far it is, and how it ends. Owns the lease and the figures; never a person's row.

A worker that lost its lease is told so by its fence at the next chunk, and leaves nothing half done.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.errors import Conflict, NotFound
from service.jobs import Job, enqueue
from service.subscribers.importing.models import Import, ImportLine, ImportState, LineOutcome
from service.subscribers.importing.upload import drop_file

LEASE: Final = timedelta(minutes=2)
"""Longer than the slowest statement and the reading of a chunk together."""
OPEN: Final = (ImportState.WAITING, ImportState.RUNNING)
NOTHING_DONE: Final = dict.fromkeys(
    ("rows", "added", "updated", "unchanged", "suppressed", "skipped", "done_lines", "done_bytes"), 0
)
_ROUND: Final = 1_000
"""Fences of one order of staff: the thousands of a fence count their orders, its rest the processes that tried."""
_is_free: Final = or_(Import.lease_until.is_(None), Import.lease_until < func.now())


class LeaseLostError(Exception):
    """Somebody else works on this import by now."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on an import; ``stamp`` tells it from every other."""

    import_id: int
    stamp: int

    @property
    def fence(self) -> int:
        """How many processes have tried since staff last told the import to run."""
        return self.stamp % _ROUND


def claim_import(factory: SessionFactory, import_id: int) -> Claim | None:
    """Take an import that waits, or whose worker died, for this process. None when there is nothing to do."""
    taken = (
        update(Import)
        .where(Import.id == import_id, Import.state.in_(OPEN), _is_free)
        .values(
            state=ImportState.RUNNING,
            fence=Import.fence + 1,
            lease_until=func.now() + LEASE,
            started_at=func.coalesce(Import.started_at, func.now()),
        )
        .returning(Import.fence)
    )
    with transaction(factory) as session:
        stamp = session.scalar(taken)
    return None if stamp is None else Claim(import_id, stamp)


def note_chunk(
    connection: Connection, claim: Claim, counts: Mapping[LineOutcome, int], last_line: int, done_bytes: int
) -> bool:
    """Add a chunk's figures, in the chunk's own transaction. Returns whether somebody asked to stop here.

    Raises:
        LeaseLostError: when the import is another worker's; the chunk must be rolled back.
    """
    noted = (
        update(Import)
        .where(Import.id == claim.import_id, Import.fence == claim.stamp, Import.state == ImportState.RUNNING)
        .values(
            rows=Import.rows + sum(counts.values()),
            added=Import.added + counts[LineOutcome.ADDED],
            updated=Import.updated + counts[LineOutcome.UPDATED],
            unchanged=Import.unchanged + counts[LineOutcome.UNCHANGED],
            suppressed=Import.suppressed + counts[LineOutcome.SUPPRESSED],
            skipped=Import.skipped + counts[LineOutcome.SKIPPED],
            done_lines=last_line,
            done_bytes=done_bytes,
            lease_until=func.now() + LEASE,
        )
        .returning(Import.cancel_asked_at)
    )
    row = connection.execute(noted).one_or_none()
    if row is None:
        raise LeaseLostError
    return row[0] is not None


def start_over(factory: SessionFactory, claim: Claim) -> None:
    """Forget what a rehearsal has found: its memory of the lines before died with its process.

    Also where the same file is now brought in for good, and nothing of it is in yet.
    """
    ours = (Import.id == claim.import_id, Import.fence == claim.stamp, or_(Import.is_dry_run, Import.done_lines == 0))
    with transaction(factory) as session:
        if session.execute(update(Import).where(*ours).values(NOTHING_DONE).returning(Import.id)).first() is not None:
            session.execute(delete(ImportLine).where(ImportLine.import_id == claim.import_id))


def finish_import(factory: SessionFactory, claim: Claim, state: ImportState, problem: str = "") -> None:
    """End an import that is ours; its report stays, and what was doubtful about the file.

    The file goes where everybody is in. Where that is still to come, ``upkeep`` keeps it for a while.
    """
    with transaction(factory) as session:
        ended = (
            update(Import)
            .where(Import.id == claim.import_id, Import.fence == claim.stamp, Import.state == ImportState.RUNNING)
            .values(state=state, problem=problem or Import.problem, finished_at=func.now(), lease_until=None)
        )
        was_rehearsal = session.scalar(ended.returning(Import.is_dry_run))
        if was_rehearsal is False and state is ImportState.DONE:
            drop_file(session, claim.import_id)


def order_run(session: Session, row: Import) -> None:
    """Have a locked import run, from where it stands. It may be tried again as often as a new one."""
    row.state = ImportState.WAITING
    row.fence = (row.fence // _ROUND + 1) * _ROUND
    row.lease_until = row.cancel_asked_at = row.finished_at = None
    enqueue(session, Job.RUN_IMPORT, row.id)


def cancel_import(session: Session, import_id: int) -> None:
    """Stop an import after the chunk at hand; what is in stays in until it is undone. Safe to repeat.

    Raises:
        Conflict: when it has ended.
    """
    row = get_import(session, import_id)
    if row.state not in OPEN:
        raise Conflict("This import has ended already; what it brought can be undone.")
    row.cancel_asked_at = row.cancel_asked_at or func.now()
    enqueue(session, Job.RUN_IMPORT, import_id)


def get_import(session: Session, import_id: int) -> Import:
    """Return an import, locked until the end of the transaction, or raise ``NotFound``."""
    found = session.get(Import, import_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise NotFound("There is no such import.")
    return found


def nudge_imports(session: Session) -> None:
    """Send a job for every import that waits or whose worker is gone."""
    waiting = select(Import.id, Import.state).where(Import.state.in_((*OPEN, ImportState.UNDOING)), _is_free)
    for import_id, state in session.execute(waiting):
        enqueue(session, Job.UNDO_IMPORT if state is ImportState.UNDOING else Job.RUN_IMPORT, import_id)
