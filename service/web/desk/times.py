"""Times on the desk: a start as staff type it, on the clocks of their organisation, and the filters that show times."""

import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from service.clock import now
from service.errors import BadInput
from service.issues.schedule import find_moments, plan_start
from service.web.desk.access import blueprint, current_zone
from service.web.desk.clocks import mark_time, name_zone, say_day, say_duration, say_hour, say_moment, say_pace
from service.web.desk.fields import Typed

# As browsers write a time field; seconds are of no use here.
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
BOTH = "A day and time are filled in, but “Now” is chosen. Choose one."


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
            f"In the night of {say_day(wall)} the clocks are put forward, and {name_zone(zone)} has no {wall:%H:%M}. "
            "Choose another time."
        )
        return None, []
    turn = typed.text("start_turn")
    if len(moments) > 1 and turn not in {"1", "2"}:
        typed.errors["start_time"] = (
            f"{wall:%H:%M} comes twice on {say_day(wall)}: the clocks are put back. Which is meant?"
        )
        return None, moments
    chosen = moments[int(turn) - 1] if len(moments) > 1 else moments[0]
    try:
        plan_start(now(), hold, chosen)
    except BadInput as problem:
        typed.errors["start_time"] = problem.message
    return chosen, []


@blueprint.app_template_filter("duration")
def _filter_duration(duration: timedelta) -> str:
    return say_duration(duration)


@blueprint.app_template_filter("pace")
def _filter_pace(per_second: float) -> str:
    return say_pace(per_second)


@blueprint.app_template_filter("moment")
def _filter_moment(at: datetime) -> Markup:
    """``20 November 2026, 09:00 EST``, by the organisation's clocks."""
    return mark_time(at, say_moment(at, current_zone()))


@blueprint.app_template_filter("hour")
def _filter_hour(at: datetime) -> Markup:
    """``09:00 EST``, by the organisation's clocks."""
    return mark_time(at, say_hour(at, current_zone()))


def _read_wall(typed: Typed) -> datetime:
    day, raw = typed.day("start_day", "The day"), typed.text("start_time").strip()
    if not _TIME.fullmatch(raw):
        said = f"; “{raw[:40]}” is not" if raw else ""
        typed.errors["start_time"] = f"The time is written as hours and minutes, like 09:30{said}."
        return datetime.min  # noqa: DTZ901 - a clock on the wall has no zone
    return datetime.combine(day, time.fromisoformat(raw[:5]))
