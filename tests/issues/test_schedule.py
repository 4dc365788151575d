"""When an issue may start: wall clocks of any zone, the hold, and a start that was missed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from service.errors import BadInput
from service.issues.schedule import FARTHEST, GRACE, find_moments, is_missed, plan_start

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOLD = timedelta(minutes=2)


@pytest.mark.parametrize(
    ("zone", "wall", "moments"),
    [
        ("America/New_York", "2026-11-20 09:00", ["2026-11-20 14:00"]),
        ("America/New_York", "2026-07-20 09:00", ["2026-07-20 13:00"]),
        ("America/New_York", "2026-03-08 01:59", ["2026-03-08 06:59"]),
        ("America/New_York", "2026-03-08 02:00", []),
        ("America/New_York", "2026-03-08 02:30", []),
        ("America/New_York", "2026-03-08 03:00", ["2026-03-08 07:00"]),
        ("America/New_York", "2026-11-01 00:59", ["2026-11-01 04:59"]),
        ("America/New_York", "2026-11-01 01:30", ["2026-11-01 05:30", "2026-11-01 06:30"]),
        ("America/New_York", "2026-11-01 02:00", ["2026-11-01 07:00"]),
        ("Europe/Berlin", "2026-03-29 02:30", []),
        ("Europe/Berlin", "2026-10-25 02:30", ["2026-10-25 00:30", "2026-10-25 01:30"]),
        ("Australia/Lord_Howe", "2026-10-04 02:15", []),  # half an hour is left out there
        ("Australia/Lord_Howe", "2026-04-05 01:45", ["2026-04-04 14:45", "2026-04-04 15:15"]),
        ("Asia/Kathmandu", "2026-11-20 09:00", ["2026-11-20 03:15"]),
        ("UTC", "2026-03-29 02:30", ["2026-03-29 02:30"]),
    ],
)
def test_case_20_a_wall_clock_names_no_one_or_two_moments(zone: str, wall: str, moments: list[str]) -> None:
    found = find_moments(datetime.fromisoformat(wall), ZoneInfo(zone))
    assert found == [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments]


@pytest.mark.parametrize(
    ("hold", "wanted", "starts_at"),
    [
        (timedelta(), None, NOON),
        (HOLD, None, NOON + HOLD),
        (HOLD, NOON + timedelta(minutes=1), NOON + HOLD),
        (HOLD, NOON + timedelta(hours=1), NOON + timedelta(hours=1)),
        (timedelta(), NOON + timedelta(seconds=1), NOON + timedelta(seconds=1)),
        (timedelta(), NOON + FARTHEST, NOON + FARTHEST),
    ],
)
def test_an_issue_starts_when_it_is_wanted_but_never_before_its_hold_is_over(
    hold: timedelta, wanted: datetime | None, starts_at: datetime
) -> None:
    assert plan_start(NOON, hold, wanted) == starts_at


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (NOON, "has passed already"),
        (NOON - timedelta(days=1), "has passed already"),
        (NOON + FARTHEST + timedelta(seconds=1), "more than a year away"),
    ],
)
def test_a_start_that_is_past_or_far_away_is_refused(wanted: datetime, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        plan_start(NOON, HOLD, wanted)


@pytest.mark.parametrize(
    ("zone", "wall", "sentence"),
    [
        ("America/New_York", datetime(9999, 12, 31, 23, 0), "more than a year away"),  # noqa: DTZ001 - a wall clock
        ("Asia/Tokyo", datetime(1, 1, 1, 0, 30), "has passed already"),  # noqa: DTZ001 - a wall clock
    ],
)
def test_a_wall_clock_at_the_end_of_the_calendar_is_refused(zone: str, wall: datetime, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        find_moments(wall, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("late", "missed"), [(timedelta(), False), (GRACE, False), (GRACE + timedelta(seconds=1), True)]
)
def test_a_start_is_missed_once_it_is_later_than_the_grace(late: timedelta, missed: bool) -> None:
    assert is_missed(NOON, NOON + late) is missed
