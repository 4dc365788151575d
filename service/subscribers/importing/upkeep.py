"""What the sweep does for imports: nudges those that wait, and drops files that nobody brought in. Owns how long.

A file is full of people, so it stays no longer than somebody needs to look at a dry run and decide.
"""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.importing.progress import OPEN, nudge_imports

KEPT_FOR: Final = timedelta(days=1)
_at_rest: Final = Import.state.not_in((*OPEN, ImportState.UNDOING))
_is_old: Final = func.coalesce(Import.finished_at, Import.created_at) < func.now() - KEPT_FOR


def tend_imports(session: Session) -> None:
    """Nudge what waits, and drop the files that were kept for their time; reports stay. Safe to repeat."""
    nudge_imports(session)
    session.execute(delete(Import).where(Import.state == ImportState.UNMAPPED, _is_old))
    has_file = exists().where(ImportChunk.import_id == Import.id)
    # Locked, so that nobody decides to bring in a file that is going; whoever decides just now keeps it.
    old = session.scalars(select(Import.id).where(_at_rest, _is_old, has_file).with_for_update(skip_locked=True)).all()
    session.execute(delete(ImportChunk).where(ImportChunk.import_id.in_(old)))
