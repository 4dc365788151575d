"""Which number a past issue gets: the year is its volume, its number the next in that year, in the order of dates.

Issues of our own that use years as volumes keep theirs: a past issue counts on after the highest number of its year.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.issues.models import Issue


def next_number(session: Session, newsletter_id: int, year: int) -> int:
    """Return the next free number of a newsletter in ``year``; its row must be locked for the answer to stay true."""
    highest = select(func.max(Issue.number)).where(Issue.newsletter_id == newsletter_id, Issue.volume == year)
    return (session.scalar(highest) or 0) + 1
