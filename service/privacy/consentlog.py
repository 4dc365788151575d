"""The log of consent as a table for an auditor: one row for each proof and each person it is about. Reads only.

A file that staff brought is one proof about many people: each of them has a row with the file's wording. Of an erased
person the row stays, and names a number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from typing import Final

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.spreadsheets import Cell, Plain, write_table
from service.staff.accounts import list_names
from service.subscribers.consent import wording_version
from service.subscribers.models import ConsentEvent, Subscriber, Subscription

COLUMNS: Final = (
    "when (UTC)",
    "address",
    "newsletter",
    "event",
    "source",
    "wording",
    "version",
    "evidence",
    "staff",
)
AT_ONCE: Final = 1_000  # rows held in memory


@dataclass(frozen=True, kw_only=True)
class Period:
    """Which proofs: of one newsletter or of all, from ``since`` up to, not with, ``until``; aware, None for no end."""

    newsletter_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class _Line:
    """A proof and one person it is about."""

    event: ConsentEvent
    address: str
    address_key: str
    newsletter_id: int


_SELECT: Final = select(ConsentEvent, Subscriber.address, Subscriber.address_key, Subscription.newsletter_id)


def export_consent(session: Session, period: Period) -> Iterator[str]:
    """Yield the log as CSV, a line at a time, oldest first; read it while ``session`` is open."""
    return write_table(COLUMNS, _list_rows(session, period))


def _list_rows(session: Session, period: Period) -> Iterator[list[Cell]]:
    slugs = {newsletter.id: newsletter.slug for newsletter in session.scalars(select(Newsletter))}
    staff = list_names(session)
    both = (_list_of_one(session, period), _list_of_files(session, period))
    for line in merge(*both, key=lambda line: line.event.id):
        yield _write(line, slugs, staff)


def _list_of_one(session: Session, period: Period) -> Iterator[_Line]:
    lines = (
        _SELECT.join(Subscription, Subscription.id == ConsentEvent.subscription_id)
        .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
        .where(*_within(period), *_of_newsletter(period))
        .order_by(ConsentEvent.id)
    )
    yield from _stream(session, lines)


def _list_of_files(session: Session, period: Period) -> Iterator[_Line]:
    files = select(ConsentEvent).where(ConsentEvent.import_id.is_not(None), *_within(period))
    for event in session.scalars(files.order_by(ConsentEvent.id)).all():
        lines = (
            _SELECT.join(Subscription, Subscription.import_id == ConsentEvent.import_id)
            .join(Subscriber, Subscriber.id == Subscription.subscriber_id)
            .where(ConsentEvent.id == event.id, *_of_newsletter(period))
            .order_by(Subscription.id)
        )
        yield from _stream(session, lines)


def _stream(session: Session, lines: Select[ConsentEvent, str, str, int]) -> Iterator[_Line]:
    with session.execute(lines.execution_options(yield_per=AT_ONCE)) as found:
        for row in found:
            yield _Line(*row)


def _within(period: Period) -> list[ColumnElement[bool]]:
    conditions = []
    if period.since is not None:
        conditions.append(ConsentEvent.happened_at >= period.since)
    if period.until is not None:
        conditions.append(ConsentEvent.happened_at < period.until)
    return conditions


def _of_newsletter(period: Period) -> list[ColumnElement[bool]]:
    return [] if period.newsletter_id is None else [Subscription.newsletter_id == period.newsletter_id]


def _write(line: _Line, slugs: Mapping[int, str], staff: Mapping[int, str]) -> list[Cell]:
    event = line.event
    evidence = event.evidence | ({"import": event.import_id} if event.import_id is not None else {})
    return [
        Plain(event.happened_at.astimezone(UTC).isoformat(timespec="seconds")),
        line.address or Plain(line.address_key),
        Plain(slugs[line.newsletter_id]),
        Plain(event.event),
        Plain(event.source),
        event.wording,
        Plain(wording_version(event.wording)),
        "; ".join(f"{what} {number}" for what, number in evidence.items()),
        staff.get(event.account_id or 0),
    ]
