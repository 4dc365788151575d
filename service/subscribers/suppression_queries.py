"""Reading what must not be mailed: lists, counts and one address's history. Changes nothing; ``suppression`` does."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from service.errors import NotFound
from service.subscribers.models import Subscriber
from service.subscribers.suppression import fingerprint
from service.subscribers.suppression_models import Suppression, SuppressionReason

PAGE: Final = 50


@dataclass(frozen=True)
class Stopped:
    """One suppression, and the reader who has that address, if any. Of an erased person there is no address."""

    suppression: Suppression
    subscriber_id: int | None


def list_suppressions(
    session: Session, reason: SuppressionReason | None = None, before: int | None = None
) -> tuple[list[Stopped], bool]:
    """Return at most 50 that stand, of one reason or of all, newest first, with ids below ``before``; and whether
    there are more."""
    query = _select().where(Suppression.lifted_at.is_(None)).order_by(Suppression.id.desc()).limit(PAGE + 1)
    if reason is not None:
        query = query.where(Suppression.reason == reason)
    if before is not None:
        query = query.where(Suppression.id < before)
    rows = [Stopped(*row) for row in session.execute(query)]
    return rows[:PAGE], len(rows) > PAGE


def list_suppressions_of(session: Session, address_key: str) -> list[Stopped]:
    """Return all that ever stood against an address, newest first; an erased person's is found by its hash."""
    by_hash = Suppression.address_hash == fingerprint(session, address_key)
    history = _select().where(or_(Suppression.address_key == address_key, by_hash)).order_by(Suppression.id.desc())
    return [Stopped(*row) for row in session.execute(history)]


def count_reasons(session: Session) -> dict[SuppressionReason, int]:
    """Return how many addresses must not be mailed, by reason."""
    standing = select(Suppression.reason, func.count()).where(Suppression.lifted_at.is_(None))
    return dict(session.execute(standing.group_by(Suppression.reason)).all())


def get_suppression(session: Session, suppression_id: int) -> Stopped:
    """Return one suppression, or raise ``NotFound``."""
    found = session.execute(_select().where(Suppression.id == suppression_id)).one_or_none()
    if found is None:
        raise NotFound("This suppression is not known here.")
    return Stopped(*found)


def _select() -> Select[Suppression, int | None]:
    return select(Suppression, Subscriber.id).outerjoin(Subscriber, Subscriber.address_key == Suppression.address_key)
