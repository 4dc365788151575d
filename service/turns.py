"""What is done from time to time, and when it was done last. Owns that one turn is taken once, by the database's clock.

Beat only ticks: two beats, or one that was down for hours, take each turn once.
"""

from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.db import Base


class Turn(Base):
    """When something was last done."""

    __tablename__ = "turns"

    name: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]


def take_turn(session: Session, name: str, every: timedelta) -> bool:
    """Return whether ``name`` is due, and if so take its turn with the caller's commit. The first asking is due."""
    row = insert(Turn).values(name=name, taken_at=func.now())
    taken = row.on_conflict_do_update(
        index_elements=[Turn.name], set_={"taken_at": func.now()}, where=Turn.taken_at <= func.now() - every
    )
    return session.scalar(taken.returning(Turn.name)) is not None
