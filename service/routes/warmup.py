"""A new route's first weeks: how many mails it may take on each day (UTC). Owns the table and the count of a day.

A relay or address that nobody knows and that sends a hundred thousand mails on its first day is taken for a spammer's.
"""

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, Date, cast, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.routes.buckets import DATABASE_CLOCK, DatabaseClock
from service.routes.models import RouteDay

FIRST_DAYS: Final = (200, 500, 1_000, 2_000)  # then twice as many on each day
DAYS: Final = 30


def limit_of_day(first_day: date, today: date) -> int | None:
    """Return how many mails a route may take today that takes its first on ``first_day``; None is without limit."""
    number = (today - first_day).days
    if number < 0:
        return 0
    if number >= DAYS:
        return None
    if number < len(FIRST_DAYS):
        return FIRST_DAYS[number]
    return FIRST_DAYS[-1] << (number - len(FIRST_DAYS) + 1)


def take_of_day(
    session: Session, route: str, first_day: date, want: int, *, is_urgent: bool, clock: DatabaseClock = DATABASE_CLOCK
) -> int:
    """Count up to ``want`` mails of today and return how many may leave. Urgent ones are counted, and never held."""
    today = session.execute(select(day_of(clock))).scalar_one()
    limit = limit_of_day(first_day, today)
    if limit is None:
        return want
    session.execute(insert(RouteDay).values(route=route, day=today).on_conflict_do_nothing())
    row = (RouteDay.route == route, RouteDay.day == today)
    taken = session.execute(select(RouteDay.taken).where(*row).with_for_update()).scalar_one()
    granted = want if is_urgent else max(0, min(want, limit - taken))
    session.execute(update(RouteDay).where(*row).values(taken=RouteDay.taken + granted))
    return granted


def day_of(clock: DatabaseClock) -> ColumnElement[date]:
    """Return today as SQL: the day in UTC, whatever zone a session speaks."""
    return cast(func.timezone("UTC", clock()), Date)
