"""What the fleet learns from a window's answers, and how it forgets again."""

import pytest
from sqlalchemy import event, select

from service.db import SessionFactory, transaction
from service.mail.events import About, Outcome, outcome_of_reply
from service.routes.choosing import Routes
from service.routes.learning import SLOWEST
from service.routes.lessons import forget_lessons
from service.routes.metering import Meter
from service.routes.models import Pace
from tests.routes.simulation import ACCEPTED, CLOSED, SLOW_DOWN, Clock, make_relay, make_routes

GREYLISTED = outcome_of_reply(450, "4.2.0 Greylisted, see http://postgrey.example", About.RECIPIENT)


@pytest.fixture
def routes(factory: SessionFactory, clock: Clock) -> Routes:
    """One process's routes: a single relay."""
    return make_routes(factory, clock, [make_relay()])


def paces_of(factory: SessionFactory) -> dict[str, Pace]:
    """Return the lessons by domain."""
    with transaction(factory) as session:
        return {pace.domain: pace for pace in session.scalars(select(Pace))}


def send(routes: Routes, clock: Clock, domains: str, outcome: Outcome = ACCEPTED, times: int = 1) -> None:
    """Let windows of one mail for each domain be answered alike, a second each."""
    for _ in range(times):
        clock.pass_time(1)
        routes.learn("main", [(f"reader@{domain}", outcome) for domain in domains.split()])


def test_a_window_that_is_taken_teaches_nothing_and_asks_nobody(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    send(routes, clock, "a.example")
    statements: list[str] = []
    event.listen(factory.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))
    routes.learn("main", [("reader@a.example", ACCEPTED)] * 64)
    assert statements == []
    assert paces_of(factory) == {}


def test_421_halves_the_pace_of_the_whole_route_and_gives_it_a_minute(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    send(routes, clock, "a.example b.example", times=10)
    routes.learn("main", [("reader@a.example", CLOSED), ("reader@b.example", CLOSED)])
    (pace,) = paces_of(factory).values()
    assert pace.domain == ""
    assert pace.per_second == pytest.approx(22 / 9 / 2)  # 22 answers since the first, nine seconds ago
    assert pace.before == pytest.approx(22 / 9)
    assert pace.reason == "421 4.7.0 Too much mail, come back later"
    assert pace.quiet_until is not None
    assert 48 <= (pace.quiet_until - clock.moment).total_seconds() <= 72
    assert all(wait > 40 for wait in routes.grant("main", ["x@c.example"]))


def test_case_24_a_domain_that_defers_goes_slower_alone(routes: Routes, factory: SessionFactory, clock: Clock) -> None:
    send(routes, clock, "slow.example fast.example", times=10)
    routes.learn("main", [("a@Slow.example", SLOW_DOWN), ("b@fast.example", ACCEPTED)])
    (pace,) = paces_of(factory).values()
    assert pace.domain == "slow.example"
    assert pace.per_second == pytest.approx(22 / 9 / 2 / 2)  # half of its half of the mail
    assert pace.quiet_until is not None
    assert 60 <= (pace.quiet_until - clock.moment).total_seconds() <= 300
    waits = routes.grant("main", ["a@slow.example", "b@fast.example"])
    assert waits[0] >= 60
    assert waits[1] == 0.0


@pytest.mark.parametrize("outcome", [GREYLISTED, outcome_of_reply(452, "4.2.2 Mailbox full", About.RECIPIENT)])
def test_case_24_greylisting_holds_up_nobody_else(
    routes: Routes, factory: SessionFactory, clock: Clock, outcome: Outcome
) -> None:
    send(routes, clock, "grey.example", outcome, times=5)
    assert paces_of(factory) == {}
    assert routes.grant("main", ["other@grey.example"]) == [0.0]


@pytest.mark.parametrize(
    ("deferred", "accepted", "is_route"),
    [("a b c d", "", True), ("a b c", "", False), ("a b c d", "e f g h", False), ("a b c d e", "f g h i", True)],
)
def test_many_domains_that_ask_for_patience_at_once_are_one_relay_that_does(
    routes: Routes, factory: SessionFactory, deferred: str, accepted: str, is_route: bool
) -> None:
    answers = [(f"x@{domain}.example", SLOW_DOWN) for domain in deferred.split()]
    answers += [(f"x@{domain}.example", ACCEPTED) for domain in accepted.split()]
    routes.learn("main", answers)
    assert (paces_of(factory).keys() == {""}) is is_route
    assert is_route or len(paces_of(factory)) == len(deferred.split())


def test_mails_that_were_on_the_wire_do_not_halve_again(routes: Routes, factory: SessionFactory, clock: Clock) -> None:
    send(routes, clock, "a.example", times=10)
    elsewhere = make_routes(factory, clock, [make_relay()], seed=8)
    elsewhere.learn("main", [("x@a.example", ACCEPTED)])
    routes.learn("main", [("reader@a.example", CLOSED)])
    first = paces_of(factory)[""]
    for late in (routes, elsewhere):
        late.learn("main", [("reader@a.example", ACCEPTED), ("reader@a.example", CLOSED)])
    again = paces_of(factory)[""]
    assert (again.per_second, again.quiet_until) == (first.per_second, first.quiet_until)


def test_a_second_421_halves_only_what_was_taken_meanwhile(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    send(routes, clock, "a.example", times=10)
    paces: list[float] = []
    for words in ([CLOSED], [CLOSED], [ACCEPTED, CLOSED], [CLOSED]):
        clock.pass_time(400)
        routes.learn("main", [("reader@a.example", outcome) for outcome in words])
        paces.append(paces_of(factory)[""].per_second or 0.0)
    assert paces[1] == paces[0] > 0
    assert paces[2] == pytest.approx(paces[0] / 2)
    assert paces[3] == paces[2]


def test_each_rest_of_a_route_is_longer_until_it_takes_mail(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    rests = []
    for words in ([CLOSED], [CLOSED], [CLOSED], [ACCEPTED], [CLOSED]):
        clock.pass_time(400)
        routes.learn("main", [("reader@a.example", outcome) for outcome in words])
        pace = paces_of(factory).get("")
        rests.append((pace.quiet_until - clock.moment).total_seconds() if pace and pace.quiet_until else 0)
    assert 48 <= rests[0] <= 72
    assert 96 <= rests[1] <= 144
    assert 192 <= rests[2] <= 288
    assert 48 <= rests[4] <= 72


def test_the_last_words_of_eight_connections_are_one_failure(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    for _ in range(8):
        routes.learn("main", [("reader@a.example", CLOSED)])
    clock.pass_time(72)
    routes.learn("main", [("reader@a.example", CLOSED)])
    until = paces_of(factory)[""].quiet_until
    assert until is not None
    assert 96 <= (until - clock.moment).total_seconds() <= 144


def test_a_minute_of_success_lets_a_tenth_more_through_for_the_whole_fleet(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    send(routes, clock, "a.example", times=10)
    routes.learn("main", [("reader@a.example", CLOSED)])
    start = paces_of(factory)[""].per_second
    assert start is not None
    clock.pass_time(100)
    fleet = [routes, make_routes(factory, clock, [make_relay()], seed=8)]
    for _ in range(30):
        for process in fleet:
            process.learn("main", [("reader@a.example", ACCEPTED)])
        clock.pass_time(4)
    assert paces_of(factory)[""].per_second == pytest.approx(start * 1.1 * 1.1)


def test_a_domain_recovers_by_its_own_success_and_its_limit_ends(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    send(routes, clock, "a.example slow.example", times=10)
    routes.learn("main", [("x@slow.example", SLOW_DOWN)])
    clock.pass_time(301)
    send(routes, clock, "a.example", times=200)
    assert list(paces_of(factory)) == ["slow.example"]
    minutes = 0
    while paces_of(factory):
        clock.pass_time(61)
        routes.learn("main", [("x@slow.example", ACCEPTED)])
        minutes += 1
    assert minutes == 8  # 1.1 to the 8th is above 2


def test_a_first_answer_that_asks_for_patience_is_followed_by_one_mail_at_a_time(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    clock.pass_time(300)
    routes.learn("main", [("x@slow.example", SLOW_DOWN)])
    pace = paces_of(factory)["slow.example"].per_second
    assert pace is not None
    assert SLOWEST <= pace <= 0.5


def test_a_lesson_that_nobody_met_again_for_a_day_is_forgotten(
    routes: Routes, factory: SessionFactory, clock: Clock
) -> None:
    routes.learn("main", [("x@slow.example", SLOW_DOWN)])
    clock.pass_time(86_400 - 1)
    routes.grant("main", ["x@slow.example"])
    assert list(paces_of(factory)) == ["slow.example"]
    clock.pass_time(6)
    assert routes.grant("main", ["x@slow.example"]) == [0.0]
    assert paces_of(factory) == {}


def test_what_was_learnt_can_be_forgotten(routes: Routes, factory: SessionFactory, clock: Clock) -> None:
    routes.learn("main", [("x@slow.example", SLOW_DOWN), ("x@a.example", CLOSED)])
    assert set(paces_of(factory)) == {"", "slow.example"}
    with transaction(factory) as session:
        forget_lessons(session, "other")
    assert set(paces_of(factory)) == {"", "slow.example"}
    with transaction(factory) as session:
        forget_lessons(session, "main")
    assert paces_of(factory) == {}
    clock.pass_time(5)
    assert routes.grant("main", ["x@slow.example"]) == [0.0]


def test_the_meter_speaks_of_the_last_seconds_only(clock: Clock) -> None:
    meter = Meter(clock.monotonic)
    meter.add(500)
    assert meter.per_second() == 500
    for _ in range(10):
        clock.pass_time(1)
        meter.add(20)
    assert meter.per_second() == pytest.approx(70)
    for _ in range(15):
        clock.pass_time(1)
        meter.add(20)
    assert meter.per_second() == pytest.approx(20, rel=0.15)
    clock.pass_time(3_600)
    meter.add(30)
    assert meter.per_second() == 30
