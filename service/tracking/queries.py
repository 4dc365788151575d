"""What the pixel and the links saw, counted by people. Owns the figures; changes nothing."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.tracking.models import Hit, Link, Verdict

_STEPS: Final = 48  # of a timeline, at most: what a chart has room for


@dataclass(frozen=True)
class Engagement:
    """Distinct people of one issue. ``machine_*`` are copies where only machines, or nobody can say who, were seen."""

    opened: int
    machine_opened: int
    clicked: int
    machine_clicked: int


@dataclass(frozen=True)
class LinkCount:
    """One link with the distinct people, and the copies where only machines, followed it."""

    number: int
    url: str
    label: str
    people: int
    machines: int


@dataclass(frozen=True)
class TimelinePoint:
    """Hits by people and proxies within one step that begins at ``at`` (machines are left out)."""

    at: datetime
    opens: int
    clicks: int


def get_engagement(session: Session, issue_id: int) -> Engagement:
    """Return how many people opened and clicked, people and machines told apart. A fresh hit counts once judged."""
    copies = func.count(Hit.delivery_id.distinct())
    opens, clicks = Hit.link_number.is_(None), Hit.link_number.is_not(None)
    row = session.execute(
        select(
            copies.filter(and_(opens, _by_person())),
            copies.filter(and_(opens, Hit.verdict.is_not(None))),
            copies.filter(and_(clicks, _by_person())),
            copies.filter(and_(clicks, Hit.verdict.is_not(None))),
        ).where(Hit.issue_id == issue_id)
    ).one()
    return Engagement(row[0], row[1] - row[0], row[2], row[3] - row[2])


def list_link_counts(session: Session, issue_id: int) -> list[LinkCount]:
    """Return every link of the issue with its figures, in the order in which a reader meets them."""
    copies = func.count(Hit.delivery_id.distinct())
    rows = session.execute(
        select(Link, copies.filter(_by_person()), copies.filter(Hit.verdict.is_not(None)))
        .outerjoin(Hit, and_(Hit.issue_id == Link.issue_id, Hit.link_number == Link.number))
        .where(Link.issue_id == issue_id)
        .group_by(Link.issue_id, Link.number)
        .order_by(Link.number)
    )
    return [LinkCount(link.number, link.url, link.label, seen, every - seen) for link, seen, every in rows]


def list_timeline(session: Session, issue_id: int) -> list[TimelinePoint]:
    """Return opens and clicks over the time since the first hit, in equal steps; [] without hits."""
    first = session.scalar(select(func.min(Hit.happened_at)).where(Hit.issue_id == issue_id))
    if first is None:
        return []
    step = max((now() - first) / _STEPS, timedelta(minutes=1))
    bucket = func.floor(func.extract("epoch", Hit.happened_at - first) / step.total_seconds()).label("bucket")
    rows = session.execute(
        select(
            bucket,
            func.count().filter(Hit.link_number.is_(None)),
            func.count().filter(Hit.link_number.is_not(None)),
        )
        .where(Hit.issue_id == issue_id, Hit.verdict.is_distinct_from(Verdict.MACHINE))
        .group_by(bucket)
    )
    counts = {int(number): (opens, clicks) for number, opens, clicks in rows}
    last = max(counts, default=0)
    return [TimelinePoint(first + step * n, *counts.get(n, (0, 0))) for n in range(min(last, _STEPS) + 1)]


def _by_person() -> ColumnElement[bool]:
    return Hit.verdict == Verdict.HUMAN
