"""What the clocks of the desk show: one zone for all, the organisation's, always named. Never reads what is typed."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

_UNITS = (
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)


def name_zone(zone: ZoneInfo) -> str:
    """Return how staff call the clocks of a zone: ``New York time``."""
    return zone.key if zone.key == "UTC" else f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"


def say_day(at: date) -> str:
    """Return a day: ``20 November 2026``."""
    return f"{at.day} {at:%B %Y}"


def say_hour(at: datetime, zone: ZoneInfo) -> str:
    """Return an hour of these clocks: ``09:00 EST``. A zone without letters of its own is said by its offset."""
    there = at.astimezone(zone)
    name = there.tzname() or "UTC"
    return f"{there:%H:%M} {name if name[0].isalpha() else f'UTC{name}'}"


def say_moment(at: datetime, zone: ZoneInfo) -> str:
    """Return a moment on these clocks: ``20 November 2026, 09:00 EST``."""
    return f"{say_day(at.astimezone(zone))}, {say_hour(at, zone)}"


def mark_time(at: datetime, words: str) -> Markup:
    """Return ``words`` about a moment as HTML that tells programs the same in UTC."""
    machine = at.astimezone(UTC).isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(machine, words)


def say_duration(duration: timedelta) -> str:
    """Return a duration in its two largest units, seconds only below an hour: ``1 minute 40 seconds``."""
    rest = max(duration, timedelta())
    parts = []
    for word, unit in _UNITS:
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {word}{'' if count == 1 else 's'}")
        elif parts:
            break
    if duration >= timedelta(hours=1):
        parts = [part for part in parts if "second" not in part]
    return " ".join(parts[:2]) or "a moment"


def say_pace(per_second: float) -> str:
    """Return a pace in the first unit of time in which it is one mail or more: ``4 a second``, ``18 an hour``."""
    for seconds, unit in ((1, "a second"), (60, "a minute"), (3600, "an hour")):
        # Seen as it will be written: 1/60 times 60 is a hair below 1.
        pace = round(per_second * seconds, 1)
        if pace >= 1:
            return f"{pace:,.0f} {unit}" if pace >= 10 or pace == int(pace) else f"{pace:,.1f} {unit}"
    return f"{per_second * 86_400:,.0f} a day"
