"""Which mails of a window may leave now."""

from datetime import date, timedelta

import pytest

from service.db import SessionFactory, transaction
from service.routes.learning import SLOWEST
from service.routes.lessons import Lessons
from service.routes.limiter import SharedLimiter
from service.routes.models import Pace
from service.routes.pacing import LONGEST_WAIT, Pacer, domain_of
from service.settings import Route
from tests.routes.simulation import Clock, FakeLimiter, make_relay, make_routes

MAIN = Route("main", "smtp://main.example:25")


@pytest.fixture
def tokens() -> FakeLimiter:
    """What the buckets hold."""
    return FakeLimiter()


@pytest.fixture
def pacer(factory: SessionFactory, clock: Clock, tokens: FakeLimiter) -> Pacer:
    """A pacer over the lessons in the database."""
    lessons = Lessons(factory, clock.database, clock.monotonic)
    limiter = SharedLimiter(tokens, tokens, clock.monotonic)
    return Pacer(lessons, limiter, factory, clock.database, clock.monotonic)


def teach(factory: SessionFactory, clock: Clock, domain: str, per_second: float | None, quiet: float = 0.0) -> None:
    """Store a lesson about a domain of the main route."""
    with transaction(factory) as session:
        until = clock.moment + timedelta(seconds=quiet)
        session.add(
            Pace(route="main", domain=domain, per_second=per_second, quiet_until=until, changed_at=clock.moment)
        )


def test_without_a_limit_everything_leaves_and_nobody_is_asked(pacer: Pacer, tokens: FakeLimiter) -> None:
    assert pacer.grant(MAIN, ["a@a.example", "b@b.example"]) == [0.0, 0.0]
    assert pacer.grant(MAIN, []) == []
    assert tokens.calls == []


def test_lessons_are_read_once_in_some_seconds_and_not_for_each_window(
    pacer: Pacer, factory: SessionFactory, clock: Clock
) -> None:
    assert pacer.grant(MAIN, ["a@a.example"]) == [0.0]
    teach(factory, clock, "", None, quiet=60)
    assert pacer.grant(MAIN, ["a@a.example"]) == [0.0]
    clock.pass_time(5)
    assert pacer.grant(MAIN, ["a@a.example"]) == [55.0]


def test_the_lower_of_the_set_and_the_learnt_limit_holds(
    pacer: Pacer, factory: SessionFactory, clock: Clock, tokens: FakeLimiter
) -> None:
    teach(factory, clock, "", 4.0)
    tokens.grants["main"] = 1
    slow, fast = Route("main", "", per_second=2.0), Route("main", "", per_second=50.0)
    assert pacer.grant(slow, ["a@a.example"] * 3) == [0.0, 0.5, 1.0]
    tokens.grants["main"] = 1
    assert pacer.grant(fast, ["a@a.example"] * 3) == [0.0, 0.25, 0.5]


def test_one_slow_domain_holds_its_own_mails_only(
    pacer: Pacer, factory: SessionFactory, clock: Clock, tokens: FakeLimiter
) -> None:
    teach(factory, clock, "slow.example", SLOWEST)
    teach(factory, clock, "quiet.example", None, quiet=90)
    tokens.grants["main/slow.example"] = 1
    window = ["a@slow.example", "b@SLOW.example", "c@fast.example", "d@quiet.example", "e@slow.example"]
    assert pacer.grant(MAIN, window) == [0.0, 60.0, 0.0, 90.0, 120.0]
    assert tokens.calls == [("main/slow.example", 3)]


def test_nobody_is_told_to_come_back_after_more_than_minutes(
    pacer: Pacer, factory: SessionFactory, clock: Clock
) -> None:
    teach(factory, clock, "slow.example", SLOWEST)
    assert max(pacer.grant(MAIN, ["a@slow.example"] * 500)) == LONGEST_WAIT


def test_tokens_of_mails_that_another_limit_holds_are_given_back(
    pacer: Pacer, factory: SessionFactory, clock: Clock, tokens: FakeLimiter
) -> None:
    teach(factory, clock, "slow.example", 0.5)
    tokens.grants.update({"main": 1, "main/slow.example": 2})
    window = ["a@fast.example", "b@slow.example", "c@slow.example", "d@slow.example"]
    waits = pacer.grant(Route("main", "", per_second=10.0), window)
    assert waits == [0.0, 0.1, 0.2, 2.0]
    assert tokens.calls == [("main/slow.example", 3), ("main", 3), ("main/slow.example", -2)]
    assert tokens.grants == {"main": 0, "main/slow.example": 2}


def test_a_quiet_route_lets_nothing_through_and_spends_no_token(
    pacer: Pacer, factory: SessionFactory, clock: Clock, tokens: FakeLimiter
) -> None:
    teach(factory, clock, "", 5.0, quiet=30)
    assert pacer.grant(MAIN, ["a@a.example", "b@b.example"], urgent=True) == [30.0, 30.0]
    clock.pass_time(30)
    tokens.grants["main"] = 2
    assert pacer.grant(MAIN, ["a@a.example", "b@b.example"]) == [0.0, 0.0]
    assert tokens.calls == [("main", 2)]


def test_a_letter_borrows_from_the_next_second_and_the_issue_waits_for_it(
    factory: SessionFactory, clock: Clock
) -> None:
    routes = make_routes(factory, clock, [make_relay(per_second=2.0)])
    assert routes.grant("main", ["a@a.example"] * 3) == [0.0, 0.0, 0.5]
    assert routes.grant("main", ["letter@a.example"] * 3, urgent=True) == [0.0, 0.0, 0.5]
    clock.pass_time(1)
    assert routes.grant("main", ["a@a.example"]) == [0.5]
    clock.pass_time(1)
    assert routes.grant("main", ["a@a.example"]) == [0.0]


def test_a_warm_up_gives_out_its_day_and_then_waits(pacer: Pacer, clock: Clock, tokens: FakeLimiter) -> None:
    route = Route("main", "", per_second=500.0, warm_up=clock.moment.date())
    tokens.grants["main"] = 1_000
    assert pacer.grant(route, ["a@a.example"] * 199).count(0.0) == 199
    assert pacer.grant(route, ["a@a.example"] * 3) == [0.0, LONGEST_WAIT, LONGEST_WAIT]
    assert tokens.grants["main"] == 800
    assert pacer.grant(route, ["letter@a.example"], urgent=True) == [0.0]
    clock.pass_time(86_400)
    assert pacer.grant(route, ["a@a.example"]) == [0.0]


def test_a_route_takes_nothing_before_its_first_day(pacer: Pacer) -> None:
    route = Route("main", "", warm_up=date(2026, 12, 1))
    assert pacer.grant(route, ["a@a.example"]) == [LONGEST_WAIT]


@pytest.mark.parametrize(
    ("address", "domain"), [("a@B.example", "b.example"), ("no-domain", "no-domain"), ('"a@b"@c.example', "c.example")]
)
def test_paces_are_kept_by_the_domain_in_small_letters(address: str, domain: str) -> None:
    assert domain_of(address) == domain
