"""The mails of one reader, each with what came of it: people and machines told apart. Reads only."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, ScalarSelect, func, select
from sqlalchemy.orm import Session, joinedload

from service.deliveries.models import Delivery
from service.issues.models import Issue
from service.tracking.models import Hit, Verdict


@dataclass(frozen=True)
class Mail:
    """One copy of an issue. ``machine_*``: what a machine did, or nobody can say who."""

    copy: Delivery
    issue: Issue
    opens: int
    machine_opens: int
    clicks: int
    machine_clicks: int


def list_mails(session: Session, subscriber_id: int, most: int | None = None) -> list[Mail]:
    """Return the copies that were planned for a reader with their issues and newsletters, newest first, or ``most``."""
    is_open = Hit.link_number.is_(None)
    by_person = Hit.verdict == Verdict.HUMAN
    mails = (
        select(
            Delivery,
            Issue,
            _count(is_open, by_person),
            _count(is_open, by_person.is_distinct_from(True)),
            _count(~is_open, by_person),
            _count(~is_open, by_person.is_distinct_from(True)),
        )
        .join(Issue, Issue.id == Delivery.issue_id)
        .options(joinedload(Issue.newsletter))
        .where(Delivery.subscriber_id == subscriber_id)
        .order_by(Delivery.id.desc())
        .limit(most)
    )
    return [Mail(*row) for row in session.execute(mails)]


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    hits = select(func.count()).select_from(Hit).where(Hit.delivery_id == Delivery.id, *conditions)
    return hits.correlate(Delivery).scalar_subquery()
