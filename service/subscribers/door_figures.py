"""What came to the doors of sign-ups in the last hours, and what became of it. Reads only; names nobody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.subscribers.signup_models import Door, SignUp, SignUpOutcome

HOURS: Final = 24
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class HourFigures:
    """The sign-ups of one hour that begins at ``at`` (aware UTC), by outcome; None: a worker has yet to look."""

    at: datetime
    counts: dict[SignUpOutcome | None, int] = field(default_factory=dict)

    def count(self, *outcomes: SignUpOutcome | None) -> int:
        """Return how many came to one of these ends."""
        return sum(self.counts.get(outcome, 0) for outcome in outcomes)


def list_hours(session: Session, present: datetime) -> Sequence[HourFigures]:
    """Return the last 24 hours in order, the running one last."""
    running = present.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hours = {at: HourFigures(at) for at in (running - _HOUR * back for back in range(HOURS - 1, -1, -1))}
    hour = func.date_trunc("hour", SignUp.created_at)  # a session of ours is in UTC
    counts = select(hour, SignUp.outcome, func.count()).where(SignUp.created_at >= running - _HOUR * (HOURS - 1))
    for at, outcome, count in session.execute(counts.group_by(hour, SignUp.outcome)):
        if at in hours:
            hours[at].counts[outcome] = count
    return list(hours.values())


def count_doors(session: Session, present: datetime) -> dict[Door, int]:
    """Return how many sign-ups came in by each door within the last day."""
    since = present - _HOUR * HOURS
    counts = select(SignUp.door, func.count()).where(SignUp.created_at >= since).group_by(SignUp.door)
    found = dict(session.execute(counts).all())
    return {door: found.get(door, 0) for door in Door}
