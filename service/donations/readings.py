"""When each thing at the processor was last read anew. Owns which event needs no reading of its own.

One gift is told in a dozen events within a second, and each would read the same things again. What was read after an
event came in is newer than the event, so nothing is left to read for it. All times are the database's.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.db import Base, SessionFactory, transaction

KEPT_FOR: Final = timedelta(days=1)  # longer than any event waits for its turn


class Reading(Base):
    """When the newest reading of one root began."""

    __tablename__ = "readings"

    root: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[datetime]


def begin_reading(factory: SessionFactory, root: str, told_at: datetime | None) -> datetime | None:
    """Return the moment at which a reading begins, or None when ``root`` was read since ``told_at``.

    Call it under the root's lock; without ``told_at`` there is always something to read.
    """
    with transaction(factory) as session:
        if told_at is not None:
            newer = select(Reading.root).where(Reading.root == root, Reading.began_at > told_at)
            if session.scalar(newer) is not None:
                return None
        began_at: datetime = session.scalars(select(func.clock_timestamp())).one()
        return began_at


def note_reading(session: Session, root: str, began_at: datetime) -> None:
    """Keep when the newest reading of ``root`` began that was written down with all that hangs on it."""
    row = insert(Reading).values(root=root, began_at=began_at)
    newest = func.greatest(Reading.began_at, began_at)
    session.execute(row.on_conflict_do_update(index_elements=[Reading.root], set_={"began_at": newest}))


def forget_readings(session: Session) -> None:
    """Forget readings so old that no event can still ask for them."""
    session.execute(delete(Reading).where(Reading.began_at < func.now() - KEPT_FOR))
