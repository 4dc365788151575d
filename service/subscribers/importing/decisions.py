"""What staff decide about a file that is here: whether it comes in, goes on, or goes away.

Each decision locks the import's row, so two of the staff can't decide against each other. Runs nothing itself.
"""

from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.errors import Conflict
from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.importing.progress import NOTHING_DONE, OPEN, get_import, order_run

STOPPED: Final = (ImportState.CANCELLED, ImportState.FAILED)
NO_FILE: Final = "The file was kept for a day and is gone by now: send it again."


def has_file(session: Session, import_id: int) -> bool:
    """Return whether an import's file is still here."""
    return bool(session.scalar(select(exists().where(ImportChunk.import_id == import_id))))


def bring_in(session: Session, import_id: int) -> bool:
    """Have a file whose dry run has ended brought in for good, from its first line. Safe to repeat.

    Returns whether it was this call that decided it.

    Raises:
        Conflict: before its dry run has ended well, or when its file is gone.
    """
    row = get_import(session, import_id)
    if not row.is_dry_run:
        return False
    if row.state is not ImportState.DONE:
        raise Conflict("Its dry run has not come to its end: nobody is brought in before it has.")
    refuse_without_file(session, row)
    row.is_dry_run = False
    begin_again(session, row)
    return True


def go_on(session: Session, import_id: int) -> None:
    """Have an import that stopped go on after the last line that is in; a dry run begins anew. Safe to repeat.

    Raises:
        Conflict: when it did not stop, or its file is gone.
    """
    row = get_import(session, import_id)
    if row.state in OPEN:
        return
    if row.state not in STOPPED:
        raise Conflict("This import has come to its end: there is nothing to go on with.")
    refuse_without_file(session, row)
    row.problem = ""
    order_run(session, row)


def may_discard(row: Import) -> bool:
    """Return whether an import can vanish: it brought nobody in, and nobody works on it."""
    return row.state not in (*OPEN, ImportState.UNDOING) and (row.is_dry_run or row.done_lines == 0)


def discard(session: Session, import_id: int) -> Import:
    """Delete a file that brought nobody in, with its report. Returns its last words, for the trail.

    Raises:
        Conflict: while it runs, or when somebody came in by it.
    """
    row = get_import(session, import_id)
    if not may_discard(row):
        raise Conflict("This file is being read, or people came in by it: cancel it first, or undo it.")
    session.delete(row)
    return row


def begin_again(session: Session, row: Import) -> None:
    """Have a locked import run from its first line."""
    for name, nothing in NOTHING_DONE.items():
        setattr(row, name, nothing)
    row.started_at = None
    order_run(session, row)


def refuse_without_file(session: Session, row: Import) -> None:
    """Raise Conflict when an import's file is gone."""
    if not has_file(session, row.id):
        raise Conflict(NO_FILE)
