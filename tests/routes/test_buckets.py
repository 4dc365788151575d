"""Token buckets in the database."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.db import SessionFactory, make_engine, make_session_factory
from service.errors import Unavailable
from service.routes.buckets import DatabaseLimiter
from tests.routes.simulation import Clock


def test_a_new_bucket_is_full_and_fills_at_its_rate_up_to_its_burst(factory: SessionFactory, clock: Clock) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    assert limiter.take("b", 2.0, 10.0, 64) == 10
    assert limiter.take("b", 2.0, 10.0, 64) == 0
    clock.pass_time(1.5)
    assert limiter.take("b", 2.0, 10.0, 64) == 3
    clock.pass_time(3_600)
    assert limiter.take("b", 2.0, 10.0, 64) == 10


def test_a_slow_bucket_gives_one_a_minute_however_often_it_is_asked(factory: SessionFactory, clock: Clock) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    granted = []
    for _ in range(40):
        granted.append(limiter.take("slow", 1 / 60, 1.0, 3))
        clock.pass_time(7.5)
    assert sum(granted) == 5
    assert granted[::8] == [1, 1, 1, 1, 1]


def test_a_bucket_filled_in_small_steps_loses_nothing(factory: SessionFactory, clock: Clock) -> None:
    """Ten tenths are a little less than one, for a computer."""
    limiter = DatabaseLimiter(factory, clock.database)
    granted = [limiter.take("b", 0.1, 1.0, 1)]
    for _ in range(30):
        clock.pass_time(1)
        granted.append(limiter.take("b", 0.1, 1.0, 1))
    assert [place for place, taken in enumerate(granted) if taken] == [0, 10, 20, 30]


def test_an_urgent_mail_borrows_and_the_others_wait_for_it(factory: SessionFactory, clock: Clock) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    assert limiter.take("b", 1.0, 2.0, 9) == 2
    assert limiter.take("b", 1.0, 2.0, 9, debt=2.0) == 2
    assert limiter.take("b", 1.0, 2.0, 9, debt=2.0) == 0
    clock.pass_time(2)
    assert limiter.take("b", 1.0, 2.0, 9) == 0
    clock.pass_time(1)
    assert limiter.take("b", 1.0, 2.0, 9) == 1


def test_tokens_can_be_given_back_up_to_the_brim(factory: SessionFactory, clock: Clock) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    limiter.take("b", 1.0, 4.0, 4)
    limiter.give_back("b", 1.0, 4.0, 3)
    assert limiter.take("b", 1.0, 4.0, 9) == 3
    limiter.give_back("b", 1.0, 4.0, 99)
    assert limiter.take("b", 1.0, 4.0, 9) == 4


def test_case_20_a_clock_that_jumps_back_gives_nothing_away_and_stops_nothing(
    factory: SessionFactory, clock: Clock
) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    limiter.take("b", 1.0, 4.0, 4)
    clock.pass_time(-86_400)
    assert limiter.take("b", 1.0, 4.0, 4) == 0
    clock.pass_time(2)
    assert limiter.take("b", 1.0, 4.0, 4) == 2


def test_many_senders_at_once_take_each_token_once(factory: SessionFactory, clock: Clock) -> None:
    limiter = DatabaseLimiter(factory, clock.database)
    with ThreadPoolExecutor(4) as pool:
        granted = list(pool.map(lambda _: limiter.take("b", 1.0, 50.0, 3), range(40)))
    assert sum(granted) == 50


def test_without_a_database_it_is_unavailable() -> None:
    nowhere = make_session_factory(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    with pytest.raises(Unavailable, match="The database does not answer"):
        DatabaseLimiter(nowhere).take("b", 1.0, 1.0, 1)
