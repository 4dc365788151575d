"""On what a segment's words stand: whose readers, which clocks and money, and which day is today."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from service.clock import now
from service.organisation.queries import find_organisation
from service.subscribers.segments.tree import Ago, Day


@dataclass(frozen=True, slots=True)
class Ground:
    """What the words leave open. ``currency`` is an ISO 4217 code in small letters.

    ``part``: only subscriptions with ids from the first to the second number are asked about, so that a part of a large
    audience reads no more than its own copies; None: all of the newsletter.
    """

    newsletter_id: int
    zone: ZoneInfo
    currency: str
    today: date
    part: tuple[int, int] | None = None

    def begin(self, day: Day) -> datetime:
        """Return the aware moment at which a day begins by the organisation's clocks."""
        there = self.today - timedelta(days=day.days) if isinstance(day, Ago) else day
        return datetime.combine(there, time.min, tzinfo=self.zone).astimezone(UTC)


def find_ground(
    session: Session, newsletter_id: int, at: datetime | None = None, part: tuple[int, int] | None = None
) -> Ground:
    """Return the ground for the readers of a newsletter. ``at`` (aware) is the moment of today; None: now."""
    organisation = find_organisation(session)
    zone = organisation.zone if organisation else ZoneInfo("UTC")
    currency = organisation.currency if organisation else "usd"
    return Ground(newsletter_id, zone, currency, (at or now()).astimezone(zone).date(), part)
