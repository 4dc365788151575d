"""Two counters behind one: Redis, and the database while Redis is away."""

import logging

import pytest

from service.routes.limiter import AWAY_FOR, SharedLimiter
from tests.routes.simulation import Clock, FakeLimiter


def test_while_redis_counts_the_database_is_not_asked(clock: Clock) -> None:
    redis, database = FakeLimiter({"main": 5}), FakeLimiter()
    limiter = SharedLimiter(redis, database, clock.monotonic)
    assert limiter.take("main", 1.0, 10.0, 8) == 5
    limiter.give_back("main", 1.0, 10.0, 2)
    assert redis.calls == [("main", 8), ("main", -2)]
    assert database.calls == []


def test_case_08_a_redis_that_is_away_costs_one_timeout_in_some_seconds_and_the_database_counts(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    redis, database = FakeLimiter({"main": 99}, is_away=True), FakeLimiter({"main": 2})
    limiter = SharedLimiter(redis, database, clock.monotonic)
    with caplog.at_level(logging.WARNING):
        assert [limiter.take("main", 1.0, 10.0, 1) for _ in range(3)] == [1, 1, 0]
    assert [record.getMessage() for record in caplog.records] == [
        "the database counts mails for 5 s: Redis does not answer."
    ]
    redis.is_away = False
    clock.pass_time(AWAY_FOR - 0.1)
    assert limiter.take("main", 1.0, 10.0, 1) == 0
    clock.pass_time(0.1)
    assert limiter.take("main", 1.0, 10.0, 1) == 1
    assert redis.calls == [("main", 1)]


def test_where_nobody_counts_nothing_leaves_and_nothing_is_raised(clock: Clock) -> None:
    limiter = SharedLimiter(FakeLimiter(is_away=True), FakeLimiter(is_away=True), clock.monotonic)
    assert limiter.take("main", 1.0, 10.0, 1) == 0
    limiter.give_back("main", 1.0, 10.0, 1)
