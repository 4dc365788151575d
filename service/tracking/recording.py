"""Noting hits and judging them later. Owns that a hit is one row at once and gets its verdict from a worker."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.clock import now
from service.tracking.models import Agent, Hit, Link
from service.tracking.verdict import BURST, Seen, judge

BATCH = 1000


class SentAtLookup(Protocol):
    """The question that ``deliveries`` answers for us: when did the relay take these copies?"""

    def __call__(self, session: Session, delivery_ids: set[int]) -> Mapping[int, datetime]:
        """Return delivery id → aware time, for copies that were sent."""


def record_hit(session: Session, issue_id: int, delivery_id: int, link_number: int | None, agent: Agent) -> None:
    """Note that the pixel (``link_number`` None) or a link of a copy was fetched."""
    session.add(Hit(issue_id=issue_id, delivery_id=delivery_id, link_number=link_number, agent=agent))


def find_link(session: Session, issue_id: int, number: int) -> Link | None:
    """Return a link of a sealed issue, or None."""
    return session.get(Link, (issue_id, number))


def judge_hits(session: Session, find_sent_at: SentAtLookup) -> int:
    """Give a verdict to hits older than a burst could last; returns how many.

    Safe to repeat and to run twice at once: rows are locked, and a judged row is not looked at again.
    """
    hits = list(
        session.scalars(
            select(Hit)
            .where(Hit.verdict.is_(None), Hit.happened_at < now() - BURST)
            .order_by(Hit.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        )
    )
    if not hits:
        return 0
    copies = {hit.delivery_id for hit in hits}
    sent_at = find_sent_at(session, copies)
    seen = _seen_by_copy(session, copies, sent_at)
    for hit in hits:
        hit.verdict = judge(_seen(hit, sent_at), seen[hit.delivery_id])
    return len(hits)


def _seen_by_copy(session: Session, copies: set[int], sent_at: Mapping[int, datetime]) -> dict[int, list[Seen]]:
    seen: dict[int, list[Seen]] = defaultdict(list)
    for hit in session.scalars(select(Hit).where(Hit.delivery_id.in_(copies))):
        seen[hit.delivery_id].append(_seen(hit, sent_at))
    return seen


def _seen(hit: Hit, sent_at: Mapping[int, datetime]) -> Seen:
    return Seen(hit.happened_at, hit.link_number, hit.agent, sent_at.get(hit.delivery_id))
