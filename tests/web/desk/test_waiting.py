"""A running issue of which nothing leaves says why, and what to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, update

from service.alarms.raising import raise_alarm
from service.clock import now
from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.routes.models import Pace, RouteDay
from service.settings import Route
from service.web.app import create_app
from service.wiring import Services
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock, open_desk

GOES_ON = "You need do nothing: it goes on by itself."
TELL = "Please tell whoever runs this service."
OpenHouse = Callable[..., Desk]


@pytest.fixture
def stuck(stock: Stock, open_transaction: OpenTransaction) -> str:
    """The progress page of an issue that is being sent, with nothing done yet."""
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    return f"/desk/issues/{stock.issue_id}/progress"


@pytest.fixture
def open_house(services: Services, publisher_account: int) -> OpenHouse:
    """The desk of a house with the given relays."""

    def build(*routes: Route) -> Desk:
        app: Flask = create_app(replace(services, settings=replace(services.settings, routes=routes)))
        return open_desk(app, publisher_account)

    return build


def let_batches(open_transaction: OpenTransaction, **values: object) -> None:
    """Change every batch."""
    with open_transaction() as session:
        session.execute(update(Batch).values(values))


def test_senders_that_were_called_a_moment_ago_are_given_time(desk: Desk, stuck: str) -> None:
    page = desk.read(stuck)
    assert "Senders have been called and will begin in a moment." in page
    assert GOES_ON in page


def test_work_that_nobody_takes_up_points_at_the_workers(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    let_batches(open_transaction, due_at=func.now() - timedelta(minutes=7, seconds=5))
    page = desk.read(stuck)
    assert "For 7 minutes no sender has taken it up." in page
    assert f"Postrider’s workers may not be running, or can’t reach a relay. {TELL}" in page
    assert "notice--warn" in page


def test_a_sender_that_died_is_no_sender_at_work(desk: Desk, stuck: str, open_transaction: OpenTransaction) -> None:
    past = func.now() - timedelta(minutes=3)
    let_batches(open_transaction, due_at=past, lease_until=func.now() - timedelta(minutes=2))
    assert "For 3 minutes no sender has taken it up." in desk.read(stuck)


def test_senders_at_work_are_waited_for(desk: Desk, stuck: str, open_transaction: OpenTransaction) -> None:
    let_batches(open_transaction, due_at=func.now() - timedelta(hours=1), lease_until=func.now() + timedelta(minutes=1))
    assert "Senders are at work, and wait for the relay’s answers." in desk.read(stuck)


def test_copies_that_were_put_off_say_when_the_next_is_tried(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    later = now().replace(microsecond=0) + timedelta(minutes=20)
    let_batches(open_transaction, due_at=later)
    page = desk.read(stuck)
    assert f'the next is tried at <time datetime="{later.isoformat()}">{later:%H:%M} UTC</time>.' in page
    assert GOES_ON in page


def test_a_relay_that_rests_is_named_with_its_words_and_until_when(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    later = now().replace(microsecond=0) + timedelta(minutes=2)
    with open_transaction() as session:
        session.add(Pace(route="main", domain="", quiet_until=later, reason="421 4.7.0 <i>slow</i>"))
    page = desk.get(stuck).text
    assert f'The relay “main” rests until <time datetime="{later.isoformat()}">{later:%H:%M} UTC</time>' in page
    assert "for it said: “421 4.7.0 &lt;i&gt;slow&lt;/i&gt;”." in page
    assert GOES_ON in page


def test_one_relay_at_rest_is_no_reason_while_another_takes_mail(
    open_house: OpenHouse, stuck: str, open_transaction: OpenTransaction
) -> None:
    desk = open_house(Route("main", "smtp://main.example:25"), Route("spare", "smtp://spare.example:25", weight=0))
    rests = {"domain": "", "quiet_until": now() + timedelta(minutes=2), "reason": "421 slow"}
    with open_transaction() as session:
        session.add(Pace(route="main", **rests))
    assert "Senders have been called" in desk.read(stuck)
    with open_transaction() as session:
        session.add(Pace(route="spare", **rests))
    page = desk.read(stuck)
    assert "The relay “main” rests" in page
    assert "The relay “spare” rests" in page


def test_a_relay_that_is_silent_needs_somebody(desk: Desk, stuck: str, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        raise_alarm(session, "relay:silent:main", "It is silent.")
    page = desk.read(stuck)
    assert "The relay “main” does not answer." in page
    assert TELL in page
    assert GOES_ON not in page


@pytest.mark.parametrize(
    ("age", "taken", "next_in", "words"),
    [
        (2, 1_000, 1, "is new and has taken its mails of today; the next leave"),
        (0, 200, 1, "is new and has taken its mails of today; the next leave"),
        (-3, 0, 3, "takes its first mails"),
    ],
)
def test_a_new_relay_that_takes_nothing_today_says_when_it_does(
    open_house: OpenHouse,
    stuck: str,
    open_transaction: OpenTransaction,
    age: int,
    taken: int,
    next_in: int,
    words: str,
) -> None:
    today = now().date()
    desk = open_house(Route("new", "smtp://new.example:25", warm_up=today - timedelta(days=age)))
    with open_transaction() as session:
        session.add(RouteDay(route="new", day=today, taken=taken))
    next_at = datetime.combine(today + timedelta(days=next_in), time(), UTC)
    said = f'on <time datetime="{next_at.isoformat()}">{next_at.day} {next_at:%B %Y}, 00:00 UTC</time>.'
    assert f"The relay “new” {words} {said}" in desk.read(stuck)


def test_a_new_relay_with_mails_left_today_is_no_reason(
    open_house: OpenHouse, stuck: str, open_transaction: OpenTransaction
) -> None:
    desk = open_house(Route("new", "smtp://new.example:25", warm_up=now().date()))
    with open_transaction() as session:
        session.add(RouteDay(route="new", day=now().date(), taken=199))
    assert "Senders have been called" in desk.read(stuck)


def test_a_pace_so_slow_that_nothing_seems_to_move_is_said(
    open_house: OpenHouse, stuck: str, open_transaction: OpenTransaction
) -> None:
    desk = open_house(Route("main", "smtp://main.example:25", per_second=0.005))
    assert "The relay “main” takes only 18 an hour now." in desk.read(stuck)
    with open_transaction() as session:
        session.add(Pace(route="main", domain="", per_second=1 / 3600, reason="421 slow"))
    assert "The relay “main” takes only 1 an hour now." in desk.read(stuck)
    assert "Senders have been called" in open_house(Route("other", "smtp://a.example:25", per_second=14.0)).read(stuck)


def test_a_house_without_a_relay_is_told_where_one_is_named(open_house: OpenHouse, stuck: str) -> None:
    page = open_house().read(stuck)
    assert "No relay is set up." in page
    assert "names one in SMTP_URL." in page


def test_a_database_that_may_not_send_says_so_before_all_else(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        raise_alarm(session, "guard", "This is a copy. Run `postrider send adopt` here.")
        raise_alarm(session, "relay:silent:main", "It is silent.")
    figures = desk.get(f"{stuck}.json").json
    assert figures is not None
    assert "This is a copy. Run `postrider send adopt` here." in figures["html"]
    assert "does not answer" not in figures["html"]


def test_nothing_is_explained_while_copies_leave_or_none_is_to_leave(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        first = session.get(Delivery, 1)
        assert first is not None
        first.state, first.changed_at = DeliveryState.SENT, func.now()
    page = desk.read(stuck)
    assert "now; done at about <time" in page
    assert "Senders have been called" not in page
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
    page = desk.read(stuck)
    assert "Every copy is done; the issue is about to be closed." in page
    assert "Senders have been called" not in page


def test_a_screen_reader_hears_tenths_and_the_reason_and_nothing_while_it_counts_down(
    desk: Desk, stuck: str, open_transaction: OpenTransaction
) -> None:
    def hear() -> str:
        figures = desk.get(f"{stuck}.json").json
        assert figures is not None
        return str(figures["said"])

    assert hear() == "0% of 3 copies done. Senders have been called and will begin in a moment."
    later = now().replace(microsecond=0) + timedelta(minutes=2)
    with open_transaction() as session:
        session.add(Pace(route="main", domain="", quiet_until=later, reason="421 <i>slow</i> & sorry"))
    assert hear() == (
        f"0% of 3 copies done. The relay “main” rests until {later:%H:%M} UTC, for it said: “421 <i>slow</i> & sorry”."
    )
    with open_transaction() as session:
        first = session.get(Delivery, 1)
        assert first is not None
        first.state, first.changed_at = DeliveryState.SENT, func.now()
    assert hear() == "30% of 3 copies done."
