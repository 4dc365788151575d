"""Token buckets in the database: the limiter's word while Redis is away. Fills by the database's clock only."""

from collections.abc import Callable
from datetime import datetime
from math import floor
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from service.db import SessionFactory, transaction
from service.errors import Unavailable
from service.routes.models import Bucket

DatabaseClock = Callable[[], ColumnElement[datetime]]

DATABASE_CLOCK: Final[DatabaseClock] = func.clock_timestamp
_ROUNDING: Final = 1e-6  # a bucket filled in many small steps is full all the same


class DatabaseLimiter:
    """See ``service.routes.limiter.Limiter``. One short transaction for each call."""

    def __init__(self, factory: SessionFactory, clock: DatabaseClock = DATABASE_CLOCK) -> None:
        self._factory, self._clock = factory, clock

    def take(self, bucket: str, per_second: float, burst: float, want: int, debt: float = 0.0) -> int:
        """Take tokens under the row's lock."""
        return self._move(bucket, per_second, burst, lambda held: max(0, min(want, floor(held + debt + _ROUNDING))))

    def give_back(self, bucket: str, per_second: float, burst: float, count: int) -> None:
        """Put unused tokens back; what is above the brim is lost at the next asking."""
        self._move(bucket, per_second, burst, lambda _: -count)

    def _move(self, bucket: str, per_second: float, burst: float, choose: Callable[[float], int]) -> int:
        try:
            with transaction(self._factory) as session:
                new: dict[str, Any] = {"name": bucket, "tokens": burst, "filled_at": self._clock()}
                session.execute(insert(Bucket).values(new).on_conflict_do_nothing())
                since = func.extract("epoch", self._clock() - Bucket.filled_at)
                row = session.execute(select(Bucket.tokens, since).where(Bucket.name == bucket).with_for_update()).one()
                held = min(burst, row[0] + max(0.0, float(row[1])) * per_second)
                taken = choose(held)
                session.execute(
                    update(Bucket).where(Bucket.name == bucket).values(tokens=held - taken, filled_at=self._clock())
                )
                return taken
        except SQLAlchemyError as problem:
            raise Unavailable("The database does not answer.") from problem
