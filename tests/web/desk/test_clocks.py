"""The desk's clocks: one zone, always named, the same in UTC for programs; durations and paces in words."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, update

from service.alarms.raising import raise_alarm
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Issue
from service.issues.states import IssueState
from service.routes.models import Pace
from service.staff.models import AuditEntry
from service.subscribers.models import Subscriber
from service.tracking.models import Agent, Hit, Verdict
from service.web.desk.clocks import mark_time, name_zone, say_duration, say_moment, say_pace
from tests.factories.giving import make_organisation
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock

MOMENT = datetime(2026, 1, 20, 2, 30, tzinfo=UTC)
NEW_YORK = f'<time datetime="{MOMENT.isoformat()}">19 January 2026, 21:30 EST</time>'


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/New_York", "19 January 2026, 21:30 EST"),
        ("Europe/Berlin", "20 January 2026, 03:30 CET"),
        ("UTC", "20 January 2026, 02:30 UTC"),
        ("Asia/Almaty", "20 January 2026, 07:30 UTC+05"),  # a zone without letters of its own
        ("America/Argentina/Buenos_Aires", "19 January 2026, 23:30 UTC-03"),
    ],
)
def test_a_moment_is_said_by_the_clocks_of_a_named_zone(zone: str, words: str) -> None:
    assert say_moment(MOMENT, ZoneInfo(zone)) == words


def test_programs_read_every_time_in_utc_and_words_are_escaped() -> None:
    there = MOMENT.astimezone(ZoneInfo("Asia/Tokyo"))
    assert mark_time(there, "<now>") == '<time datetime="2026-01-20T02:30:00+00:00">&lt;now&gt;</time>'


@pytest.mark.parametrize(
    ("zone", "name"),
    [("UTC", "UTC"), ("America/New_York", "New York time"), ("America/Argentina/Buenos_Aires", "Buenos Aires time")],
)
def test_a_zone_is_called_by_its_town(zone: str, name: str) -> None:
    assert name_zone(ZoneInfo(zone)) == name


@pytest.mark.parametrize(
    ("per_second", "words"),
    [
        (4500.0, "4,500 a second"),
        (14.4, "14 a second"),
        (2.5, "2.5 a second"),
        (1.0, "1 a second"),
        (0.5, "30 a minute"),
        (1 / 60, "1 a minute"),
        (0.005, "18 an hour"),
        (1 / 3600, "1 an hour"),
        (0.0001, "9 a day"),
    ],
)
def test_a_pace_is_said_so_that_it_can_be_imagined(per_second: float, words: str) -> None:
    assert say_pace(per_second) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "a moment"),
        (0, "a moment"),
        (1, "1 second"),
        (100, "1 minute 40 seconds"),
        (3600, "1 hour"),
        (3605, "1 hour"),
        (90_000, "1 day 1 hour"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(seconds: int, words: str) -> None:
    assert say_duration(timedelta(seconds=seconds)) == words


@pytest.fixture
def sent_at_moment(stock: Stock, open_transaction: OpenTransaction) -> Stock:
    """An issue of a house in New York, to which everything happened at MOMENT; one copy is uncertain, and left so."""
    with open_transaction() as session:
        make_organisation(session)
        release_issue(session, stock.issue_id, PUBLIC_URL)
    with open_transaction() as session:
        session.execute(update(Issue).values(state=IssueState.SENT, finished_at=MOMENT, starts_at=MOMENT))
        copies = {"state": DeliveryState.UNCERTAIN, "changed_at": MOMENT, "settled_at": MOMENT}
        session.execute(update(Delivery).values(copies))
        session.add(AuditEntry(action="Looked", subject=f"issue:{stock.issue_id}", details={}, happened_at=MOMENT))
        hit = {"issue_id": stock.issue_id, "delivery_id": 1, "agent": Agent.BROWSER, "verdict": Verdict.HUMAN}
        session.add(Hit(**hit, happened_at=MOMENT))
        raise_alarm(session, "a fault", "Something broke.")
    return stock


@pytest.mark.parametrize("page", ["", "/progress", "/uncertain", "/results"])
def test_every_page_about_a_sending_goes_by_the_organisation_s_clocks(
    desk: Desk, sent_at_moment: Stock, page: str
) -> None:
    shown = desk.read(f"/desk/issues/{sent_at_moment.issue_id}{page}")
    assert NEW_YORK in shown
    assert re.findall(r"\d\d:\d\d UTC", shown) == []
    assert ("most opens in the step from 19 Jan, 21:30 EST" in shown) == (page == "/results")


@pytest.mark.usefixtures("sent_at_moment")
def test_one_person_s_copies_and_the_relays_go_by_the_same_clocks(
    desk: Desk, open_transaction: OpenTransaction
) -> None:
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=2)
    with open_transaction() as session:
        session.add(Pace(route="main", domain="", quiet_until=later, reason="421 slow"))
    assert NEW_YORK in desk.read("/desk/copies?address=reader-1@example.org")
    there = later.astimezone(ZoneInfo("America/New_York"))
    assert f'<time datetime="{later.isoformat()}">{there:%H:%M %Z}</time>' in desk.read("/desk/routes")


def test_the_list_of_readers_and_a_reader_s_page_name_the_same_day(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert stock
    with open_transaction() as session:
        make_organisation(session)
        session.execute(update(Subscriber).values(created_at=MOMENT))
        subscriber_id = session.scalars(select(Subscriber.id)).first()
    pages = [desk.read(path) for path in ("/desk/readers", f"/desk/readers/{subscriber_id}")]
    assert [("19 January 2026" in page, "20 January 2026" in page) for page in pages] == [(True, False)] * 2
