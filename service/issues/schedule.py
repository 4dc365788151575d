"""When an issue may start: the rules of local times, of the hold and of a start that was missed. Never touches a row.

Times are kept in UTC. Staff give the wall clock of their organisation's zone, on which one hour a year is missing and
another comes twice.
"""

from datetime import MINYEAR, UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from service.errors import BadInput

GRACE: Final = timedelta(hours=1)  # a start that is later than this is not made up for by itself: staff decide
FARTHEST: Final = timedelta(days=365)
PASSED: Final = "This time has passed already. Choose a later one, or send the issue now."
TOO_FAR: Final = "This time is more than a year away. Choose an earlier one."


def find_moments(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the moments in UTC at which a clock of ``zone`` shows the naive ``wall``, the earlier first.

    Mostly one; none in the hour that is left out in spring; two in the hour that comes twice in autumn.

    Raises:
        BadInput: at either end of the calendar, where no moment in UTC can be named.
    """
    try:
        read = [wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        true = [moment for moment in read if moment.astimezone(zone).replace(tzinfo=None, fold=0) == wall]
    except OverflowError:
        raise BadInput(PASSED if wall.year == MINYEAR else TOO_FAR) from None
    return sorted(set(true))


def plan_start(present: datetime, hold: timedelta, wanted: datetime | None = None) -> datetime:
    """Return when an issue that is released at ``present`` starts: never before the hold is over.

    Raises:
        BadInput: when the time that is wanted has passed, or is more than a year away.
    """
    if wanted is None:
        return present + hold
    if wanted <= present:
        raise BadInput(PASSED)
    if wanted - present > FARTHEST:
        raise BadInput(TOO_FAR)
    return max(wanted, present + hold)


def is_missed(starts_at: datetime, present: datetime) -> bool:
    """Return whether an issue that was to start at ``starts_at`` is too late to start by itself."""
    return present - starts_at > GRACE
