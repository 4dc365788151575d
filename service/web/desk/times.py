"""Times on the desk: a start as staff type it, on the clocks of their organisation, and how long something takes."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.clock import now
from service.errors import BadInput
from service.issues.schedule import find_moments, plan_start
from service.organisation.queries import find_organisation
from service.web.desk.access import blueprint
from service.web.desk.fields import Typed

# As browsers write a time field; seconds are of no use here.
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
BOTH = "A day and time are filled in, but “Now” is chosen. Choose one."
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def find_zone(work: Session) -> ZoneInfo:
    """Return the organisation's zone; UTC before staff have said who it is."""
    organisation = find_organisation(work)
    return organisation.zone if organisation else ZoneInfo("UTC")


def name_zone(zone: ZoneInfo) -> str:
    """Return how staff call the clocks of a zone: ``New York time``."""
    return zone.key if zone.key == "UTC" else f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"


def read_start(typed: Typed, zone: ZoneInfo, hold: timedelta) -> tuple[datetime | None, list[datetime]]:
    """Return when the issue is to start (aware; None: as soon as the hold is over), and what is to be chosen from.

    The second is not empty where the clocks show the typed time twice and ``start_turn`` does not say which is meant.
    What will not do is in ``typed.errors``, under ``start_day`` or ``start_time``.
    """
    if typed.text("start") != "later":
        if typed.text("start_day").strip() or typed.text("start_time").strip():
            typed.errors["start_time"] = BOTH
        return None, []
    wall = _read_wall(typed)
    if typed.errors:
        return None, []
    try:
        moments = find_moments(wall, zone)
    except BadInput as problem:
        typed.errors["start_day"] = problem.message
        return None, []
    if not moments:
        typed.errors["start_time"] = (
            f"In the night of {_day(wall)} the clocks are put forward, and {name_zone(zone)} has no {wall:%H:%M}. "
            "Choose another time."
        )
        return None, []
    turn = typed.text("start_turn")
    if len(moments) > 1 and turn not in {"1", "2"}:
        typed.errors["start_time"] = (
            f"{wall:%H:%M} comes twice on {_day(wall)}: the clocks are put back. Which is meant?"
        )
        return None, moments
    chosen = moments[int(turn) - 1] if len(moments) > 1 else moments[0]
    try:
        plan_start(now(), hold, chosen)
    except BadInput as problem:
        typed.errors["start_time"] = problem.message
    return chosen, []


def say_duration(duration: timedelta) -> str:
    """Return a duration in its two largest units, seconds only below an hour: ``1 minute 40 seconds``."""
    rest = max(duration, timedelta())
    parts = []
    for word, unit in (*UNITS, ("second", timedelta(seconds=1))):
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
        elif parts:
            break
    if duration >= timedelta(hours=1):
        parts = [part for part in parts if "second" not in part]
    return " ".join(parts[:2]) or "a moment"


@blueprint.app_template_filter("duration")
def _filter_duration(duration: timedelta) -> str:
    return say_duration(duration)


@blueprint.app_template_filter("wall_clock")
def _filter_wall_clock(at: datetime, zone: ZoneInfo) -> str:
    """``20 November 2026, 09:00 EST``."""
    there = at.astimezone(zone)
    return f"{_day(there)}, {there:%H:%M %Z}"


def _day(at: date) -> str:
    return f"{at.day} {at:%B %Y}"


def _read_wall(typed: Typed) -> datetime:
    day, raw = typed.day("start_day", "The day"), typed.text("start_time").strip()
    if not _TIME.fullmatch(raw):
        said = f"; “{raw[:40]}” is not" if raw else ""
        typed.errors["start_time"] = f"The time is written as hours and minutes, like 09:30{said}."
        return datetime.min  # noqa: DTZ901 - a clock on the wall has no zone
    return datetime.combine(day, time.fromisoformat(raw[:5]))
