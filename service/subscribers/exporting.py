"""The readers of one newsletter, or who must not be mailed, as a file that can be read back. Reads only.

In the order of the addresses, so that the same people are the same file wherever they live.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.lists.own import COLUMNS, SUPPRESSED
from service.lists.tags import join_tags
from service.spreadsheets import Cell, Plain, write_back
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.suppression import is_suppressed
from service.subscribers.suppression_models import Suppression

AT_ONCE: Final = 1_000  # rows held in memory


def export_rows(session: Session, newsletter_id: int) -> Iterator[str]:
    """Yield the readers of a newsletter as CSV, a line at a time; read it while ``session`` is open."""
    return write_back(COLUMNS, _list_rows(session, newsletter_id))


def export_suppressed(session: Session) -> Iterator[str]:
    """Yield every address that must not be mailed in the same form, the reason as the source; for as long as above.

    An erased person is not among them: of the address only a hash is kept, of which no other house can make use.
    """
    return write_back(COLUMNS, _list_suppressed(session))


def _list_suppressed(session: Session) -> Iterator[list[Cell]]:
    standing = (
        select(Suppression.address_key, Suppression.created_at, Suppression.reason)
        .where(Suppression.lifted_at.is_(None), Suppression.address_key.is_not(None))
        .order_by(Suppression.address_key)
        .execution_options(yield_per=AT_ONCE)
    )
    with session.execute(standing) as found:
        for address, since, reason in found:
            said: dict[str, Cell] = {"address": address, "state": Plain(SUPPRESSED), "source": Plain(reason)}
            said["ended_at"] = _moment(since)
            yield [said.get(column) for column in COLUMNS]


def _list_rows(session: Session, newsletter_id: int) -> Iterator[list[Cell]]:
    readers = (
        select(Subscriber, Subscription, is_suppressed(Subscriber.address_key))
        .join(Subscription, Subscription.subscriber_id == Subscriber.id)
        .where(Subscription.newsletter_id == newsletter_id, Subscriber.erased_at.is_(None))
        .order_by(Subscriber.address_key)
        .execution_options(yield_per=AT_ONCE)
    )
    with session.execute(readers) as found:
        for person, tie, may_not_be_mailed in found:
            yield [
                person.address,
                person.name,
                Plain(person.language),
                Plain(SUPPRESSED if may_not_be_mailed else tie.state),
                _moment(tie.confirmed_at),
                _moment(tie.ended_at),
                tie.source,
                join_tags(person.tags),
                Plain(tie.frequency),
                _moment(tie.paused_until),
                json.dumps(person.fields, ensure_ascii=False) if person.fields else None,
            ]


def _moment(moment: datetime | None) -> Plain | None:
    return Plain(moment.isoformat()) if moment else None
