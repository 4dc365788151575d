"""Readers as a list, newest first, and by part of an address or a name. Reads only; a page never waits long for it.

A whole address and the beginning of one are found by the index. What stands inside is looked for in every row, for as
long as a page may wait; after that only beginnings are found, and the answer says so.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput
from service.subscribers.bounded import PATIENCE, TookTooLong, at_most
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from service.subscribers.suppression import is_suppressed

PAGE: Final = 50
LONGEST_PART: Final = 254  # characters, of an address
_LAST: Final = "\U0010ffff"  # sorts behind everything that an address can hold


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which readers: with ``part`` in their address or name, and with a tie to a newsletter, in a state."""

    part: str = ""
    newsletter_id: int | None = None
    state: SubscriptionState | None = None


@dataclass(frozen=True)
class Found:
    """A page of readers. ``only_beginnings``: there are too many to look inside every address and name."""

    readers: list[Subscriber]
    has_more: bool
    only_beginnings: bool = False


def list_readers(
    session: Session, wanted: Wanted, before: int | None = None, *, patience: timedelta = PATIENCE
) -> Found:
    """Return at most 50 readers whose id is below ``before``, newest first; nobody who was erased.

    Raises:
        TookTooLong: when a filter leaves too few to be found in time.
    """
    part = _clean(wanted.part)
    ties = _has_tie(wanted)
    if not part:
        with at_most(session, patience):
            return _page(session, ties, before)
    if (key := _read_key(part)) and (whole := _page(session, [*ties, Subscriber.address_key == key], before)).readers:
        return whole
    try:
        with at_most(session, patience):
            return _page(session, [*ties, _holds(part)], before)
    except TookTooLong:
        with at_most(session, patience):
            found = _page(session, [*ties, _begins(part)], before)
        return Found(found.readers, found.has_more, only_beginnings=True)


def list_ties(session: Session, subscriber_ids: Collection[int]) -> dict[int, list[Subscription]]:
    """Return the ties to newsletters of some readers, by reader, in the order in which they began."""
    ties: dict[int, list[Subscription]] = {number: [] for number in subscriber_ids}
    of_them = select(Subscription).where(Subscription.subscriber_id.in_(ties)).order_by(Subscription.id)
    for tie in session.scalars(of_them):
        ties[tie.subscriber_id].append(tie)
    return ties


def find_suppressed(session: Session, readers: Iterable[Subscriber]) -> frozenset[int]:
    """Return the ids of those readers whose address must not be mailed."""
    ids = [reader.id for reader in readers]
    stopped = select(Subscriber.id).where(Subscriber.id.in_(ids), is_suppressed(Subscriber.address_key))
    return frozenset(session.scalars(stopped))


def _page(session: Session, conditions: Collection[ColumnElement[bool]], before: int | None) -> Found:
    query = select(Subscriber).where(Subscriber.erased_at.is_(None), *conditions)
    if before is not None:
        query = query.where(Subscriber.id < before)
    rows = list(session.scalars(query.order_by(Subscriber.id.desc()).limit(PAGE + 1)))
    return Found(rows[:PAGE], len(rows) > PAGE)


def _has_tie(wanted: Wanted) -> list[ColumnElement[bool]]:
    asked = []
    if wanted.newsletter_id is not None:
        asked.append(Subscription.newsletter_id == wanted.newsletter_id)
    if wanted.state is not None:
        asked.append(Subscription.state == wanted.state)
    return [exists().where(Subscription.subscriber_id == Subscriber.id, *asked)] if asked else []


def _holds(part: str) -> ColumnElement[bool]:
    return or_(
        Subscriber.address_key.contains(part.casefold(), autoescape=True),
        Subscriber.address.icontains(part, autoescape=True),
        Subscriber.name.icontains(part, autoescape=True),
    )


def _begins(part: str) -> ColumnElement[bool]:
    """In code point order (the column's collation is "C") all that begins with ``part`` stands together."""
    first = part.casefold()
    return and_(Subscriber.address_key >= first, Subscriber.address_key < first + _LAST)


def _read_key(part: str) -> str | None:
    try:
        return parse_address(part).key
    except BadInput:
        return None


def _clean(part: str) -> str:
    """PostgreSQL's text has no room for NUL."""
    return " ".join(part.replace("\x00", "").split())[:LONGEST_PART]
