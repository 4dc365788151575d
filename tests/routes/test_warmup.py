"""The first weeks of a new route."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from service.db import SessionFactory, transaction
from service.routes.models import RouteDay
from service.routes.warmup import limit_of_day, take_of_day
from tests.routes.simulation import Clock

FIRST_DAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("days", "limit"),
    [(-1, 0), (0, 200), (1, 500), (2, 1_000), (3, 2_000), (4, 4_000), (5, 8_000), (29, 2_000 << 26), (30, None)],
)
def test_a_route_takes_more_each_day_and_everything_after_thirty(days: int, limit: int | None) -> None:
    assert limit_of_day(FIRST_DAY, FIRST_DAY + timedelta(days=days)) == limit


def take(factory: SessionFactory, clock: Clock, want: int, *, is_urgent: bool = False) -> int:
    """Ask for some mails of today."""
    with transaction(factory) as session:
        return take_of_day(session, "new", FIRST_DAY, want, is_urgent=is_urgent, clock=clock.database)


def test_a_day_is_counted_to_the_last_mail_and_the_next_one_begins_at_midnight_utc(
    factory: SessionFactory, clock: Clock
) -> None:
    clock.moment = datetime(2026, 11, 22, 23, 59, 59, tzinfo=UTC)
    assert [take(factory, clock, 150), take(factory, clock, 64), take(factory, clock, 1)] == [150, 50, 0]
    clock.pass_time(1)
    assert take(factory, clock, 501) == 500
    with transaction(factory) as session:
        days = [tuple(row) for row in session.execute(select(RouteDay.day, RouteDay.taken).order_by(RouteDay.day))]
    assert days == [(FIRST_DAY, 200), (FIRST_DAY + timedelta(days=1), 500)]


def test_letters_are_counted_and_never_held(factory: SessionFactory, clock: Clock) -> None:
    assert take(factory, clock, 200) == 200
    assert take(factory, clock, 3, is_urgent=True) == 3
    assert take(factory, clock, 1) == 0


def test_after_thirty_days_nothing_is_counted_any_more(factory: SessionFactory, clock: Clock) -> None:
    clock.pass_time(30 * 86_400)
    assert take(factory, clock, 1_000_000) == 1_000_000
    with transaction(factory) as session:
        assert session.scalars(select(RouteDay)).all() == []
