"""What undoing an import will do, in figures, before anybody decides. Reads only; ``undo`` does it."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, exists, func, or_, select
from sqlalchemy.orm import Session

from service.db import Base
from service.subscribers.importing.models import ImportLine
from service.subscribers.models import Subscription


@dataclass(frozen=True, slots=True)
class Prospect:
    """``removed``: people whom the file brought to the newsletter, and who go. ``kept``: those who only leave it.

    ``restored``: lines that changed somebody, who will be as before unless they were changed again since.
    """

    removed: int
    kept: int
    restored: int


def foresee_undo(session: Session, import_id: int) -> Prospect:
    """Return what undoing an import would do now."""
    brought = select(func.count()).select_from(Subscription).where(Subscription.import_id == import_id)
    kept = count_kept(session, import_id)
    changed = select(func.count()).where(ImportLine.import_id == import_id, ImportLine.before.is_not(None))
    return Prospect((session.scalar(brought) or 0) - kept, kept, session.scalar(changed) or 0)


def count_kept(session: Session, import_id: int) -> int:
    """Return how many of those whom a file brought to its newsletter can't be removed: another row names them."""
    brought = select(func.count()).select_from(Subscription).where(Subscription.import_id == import_id)
    return session.scalar(brought.where(or_(*_named_by_others()))) or 0


def _named_by_others() -> list[ColumnElement[bool]]:
    """Return a condition for each table whose rows hold a subscription in its place, as the database sees it."""
    ties: Table = Subscription.metadata.tables[Subscription.__tablename__]
    keys = (key for table in Base.metadata.tables.values() for key in table.foreign_keys)
    return [exists().where(key.parent == Subscription.id) for key in keys if key.column is ties.c.id]
