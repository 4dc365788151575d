"""Which relay takes the next mails: weights, failover, spares, and what the fleet hears of it."""

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import select

from service.alarms.raising import list_standing_alarms
from service.db import SessionFactory, make_engine, make_session_factory, transaction
from service.mail.events import About, Outcome, OutcomeKind
from service.routes.choosing import NoRoute, Routes
from service.routes.models import Pace
from service.routes.pacing import LONGEST_WAIT
from tests.routes.simulation import CLOSED, SILENT, WRONG_PASSWORD, Clock, make_relay, make_routes


def names_of(routes: Routes, times: int) -> Counter[str]:
    """Open that many sessions and count which routes they went to."""
    return Counter(routes.open()[0] for _ in range(times))


def alarms_of(factory: SessionFactory) -> list[tuple[str, str]]:
    """Return what stands before staff."""
    with transaction(factory) as session:
        return [(alarm.key, alarm.sentence) for alarm in list_standing_alarms(session)]


def test_routes_share_the_mail_by_their_weights_and_a_spare_gets_none(factory: SessionFactory, clock: Clock) -> None:
    relays = [make_relay("big", weight=3), make_relay("small", weight=1), make_relay("spare", weight=0)]
    counted = names_of(make_routes(factory, clock, relays), 400)
    assert counted.keys() == {"big", "small"}
    assert 260 < counted["big"] < 340


def test_the_spare_takes_over_while_the_others_are_away(factory: SessionFactory, clock: Clock) -> None:
    main, spare = make_relay("main"), make_relay("spare", weight=0)
    main[1].away = SILENT
    routes = make_routes(factory, clock, [main, spare])
    assert names_of(routes, 5) == {"spare": 5}
    assert main[1].asked == 1
    main[1].away = None
    clock.pass_time(20)
    assert names_of(routes, 5) == {"main": 5}


def test_case_23_a_route_that_answers_421_is_left_out_by_the_whole_fleet_and_others_continue(
    factory: SessionFactory, clock: Clock
) -> None:
    first, second = make_relay("first", weight=9), make_relay("second")
    first[1].away = CLOSED
    routes, elsewhere = (make_routes(factory, clock, [first, second]) for _ in range(2))
    assert names_of(routes, 10) == {"second": 10}
    assert names_of(elsewhere, 10) == {"second": 10}
    assert first[1].asked == 1
    first[1].away = None
    clock.pass_time(72)  # a minute and its jitter
    assert names_of(routes, 50)["first"] > 35


def test_case_23_a_route_that_fails_again_rests_longer_with_jitter(factory: SessionFactory, clock: Clock) -> None:
    main = make_relay()
    main[1].away = CLOSED
    routes = make_routes(factory, clock, [main])
    waits = []
    for _ in range(4):
        with pytest.raises(NoRoute) as no_route:
            routes.open()
        waits.append(no_route.value.wait)
        clock.pass_time(no_route.value.wait)
    for wait, middle in zip(waits, (60, 120, 240, 300), strict=True):
        assert 0.8 * middle <= wait <= 1.2 * middle
    assert len({wait / middle for wait, middle in zip(waits, (60, 120, 240, 300), strict=True)}) > 1
    assert main[1].asked == 4


def test_a_silent_relay_is_left_out_on_this_machine_only(factory: SessionFactory, clock: Clock) -> None:
    """The cable that is cut may be ours: others must find out for themselves."""
    main = make_relay()
    main[1].away = SILENT
    with pytest.raises(NoRoute, match="connection refused") as no_route:
        make_routes(factory, clock, [main]).open()
    assert 12 <= no_route.value.wait <= 18
    assert no_route.value.outcome.kind is OutcomeKind.DEFERRED
    main[1].away = None
    assert make_routes(factory, clock, [main]).open()[0] == "main"


def test_a_relay_that_stays_silent_is_put_before_staff_until_it_is_back(factory: SessionFactory, clock: Clock) -> None:
    main = make_relay()
    main[1].away = SILENT
    routes = make_routes(factory, clock, [main])
    for _ in range(4):
        assert alarms_of(factory) == []
        with pytest.raises(NoRoute):
            routes.open()
        clock.pass_time(360)
    assert [key for key, _ in alarms_of(factory)] == ["relay:silent:main"]
    assert "The relay main has not answered for some minutes (connection refused)" in alarms_of(factory)[0][1]
    main[1].away = None
    routes.open()
    assert alarms_of(factory) == []


def test_case_30_a_refused_sign_in_is_one_alarm_and_hopeless_only_where_no_other_route_is_left(
    factory: SessionFactory, clock: Clock
) -> None:
    first, second = make_relay("first"), make_relay("second", weight=0)
    first[1].away = WRONG_PASSWORD
    routes = make_routes(factory, clock, [first, second])
    assert names_of(routes, 3) == {"second": 3}
    assert alarms_of(factory) == [
        ("relay:refuses", "The relay first will not let us in: 535 5.7.8 Authentication credentials invalid")
    ]
    clock.pass_time(60)
    second[1].away = SILENT
    with pytest.raises(NoRoute) as some_hope:
        routes.open()
    assert some_hope.value.outcome.kind is OutcomeKind.DEFERRED
    clock.pass_time(600)
    second[1].away = WRONG_PASSWORD
    with pytest.raises(NoRoute, match="credentials invalid") as no_hope:
        routes.open()
    assert no_hope.value.outcome == WRONG_PASSWORD
    assert [key for key, _ in alarms_of(factory)] == ["relay:refuses"]


def test_a_relay_that_may_come_back_is_hope_even_beside_one_that_refuses_us(
    factory: SessionFactory, clock: Clock
) -> None:
    silent, refusing = make_relay("silent"), make_relay("refusing", weight=0)
    silent[1].away, refusing[1].away = SILENT, WRONG_PASSWORD
    with pytest.raises(NoRoute) as some_hope:
        make_routes(factory, clock, [silent, refusing]).open()
    assert refusing[1].asked == 1
    assert some_hope.value.outcome.kind is OutcomeKind.DEFERRED


def test_while_every_route_rests_none_is_asked_and_it_is_said_when_to_come_back(
    factory: SessionFactory, clock: Clock
) -> None:
    main = make_relay()
    with transaction(factory) as session:
        until = clock.moment + timedelta(seconds=42)
        session.add(Pace(route="main", domain="", quiet_until=until, changed_at=clock.moment))
    with pytest.raises(NoRoute, match="every route rests") as no_route:
        make_routes(factory, clock, [main]).open()
    assert no_route.value.wait == 42
    assert no_route.value.outcome == Outcome(OutcomeKind.DEFERRED, None, "every route rests", About.RELAY)
    assert main[1].asked == 0


def test_a_route_whose_day_is_full_leaves_the_rest_to_the_others(factory: SessionFactory, clock: Clock) -> None:
    new, old = make_relay("new", weight=100, warm_up=clock.moment.date()), make_relay("old")
    routes = make_routes(factory, clock, [new, old])
    assert routes.grant("new", ["a@a.example"] * 200).count(0.0) == 200
    clock.pass_time(5)
    assert names_of(routes, 10) == {"old": 10}
    old[1].away = SILENT
    with pytest.raises(NoRoute) as no_route:
        routes.open()
    assert no_route.value.wait < LONGEST_WAIT
    assert new[1].asked == 0
    clock.pass_time(86_400)
    assert names_of(routes, 1) == {"new": 1}


def test_the_words_kept_about_a_route_name_nobody(factory: SessionFactory, clock: Clock) -> None:
    main = make_relay()
    main[1].away = Outcome(OutcomeKind.DEFERRED, 450, "4.7.1 <jane@example.org> is too fast", About.RELAY)
    with pytest.raises(NoRoute):
        make_routes(factory, clock, [main]).open()
    with transaction(factory) as session:
        assert session.scalars(select(Pace.reason)).all() == ["450 4.7.1 … is too fast"]


def test_without_a_database_routes_are_chosen_by_what_was_known(clock: Clock) -> None:
    nowhere = make_session_factory(make_engine("postgresql+psycopg://nobody@127.0.0.1:1/none"))
    main, spare = make_relay("main"), make_relay("spare", weight=0)
    main[1].away = WRONG_PASSWORD
    routes = make_routes(nowhere, clock, [main, spare])
    assert routes.open()[0] == "spare"
    assert routes.grant("main", ["a@a.example"]) == [0.0]
