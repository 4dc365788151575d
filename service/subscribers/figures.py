"""How many readers there are, and how many came and left. Reads only, in one statement each; knows nobody by name."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import Date

from service.subscribers.importing.models import Import
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState

_MONTHS: Final = 12
# Who asked and never confirmed was no reader, and has not left when they said no.
_was_reader: Final = or_(
    Subscription.state == SubscriptionState.ACTIVE,
    Subscription.confirmed_at.is_not(None),
    Subscription.import_id.is_not(None),
)


# Brought in as one who had left, in a file that did not say when: the moment noted is that of the import.
_left_long_ago: Final = (Subscription.state == SubscriptionState.UNSUBSCRIBED) & exists().where(
    Import.id == Subscription.import_id,
    Subscription.ended_at.between(Import.started_at, func.coalesce(Import.finished_at, func.now())),
)


@dataclass(frozen=True)
class MonthFigures:
    """Readers who came and who left in one month, each tie to a newsletter counted by its latest coming and leaving.

    Who was brought in as one who had left is counted in the months that the file said, and in none where it said none.
    """

    month: date
    joined: int
    left: int


def count_states(session: Session) -> dict[int, dict[SubscriptionState, int]]:
    """Return newsletter id → how many ties to it are in each state."""
    counts: dict[int, dict[SubscriptionState, int]] = defaultdict(lambda: dict.fromkeys(SubscriptionState, 0))
    each = select(Subscription.newsletter_id, Subscription.state, func.count()).group_by(
        Subscription.newsletter_id, Subscription.state
    )
    for newsletter_id, state, count in session.execute(each):
        counts[newsletter_id][state] = count
    return dict(counts)


def list_months(session: Session, zone: ZoneInfo, today: date, newsletter_id: int | None = None) -> list[MonthFigures]:
    """Return the last twelve months in order, that of ``today`` the last; a month begins at midnight in ``zone``."""
    months = [_month_back(today, back) for back in range(_MONTHS - 1, -1, -1)]
    since = datetime(months[0].year, months[0].month, 1, tzinfo=zone)
    began = func.coalesce(Subscription.confirmed_at, Subscription.requested_at)
    has_begun = ~_left_long_ago | Subscription.confirmed_at.is_not(None)
    joined = _count(session, began, has_begun, zone, since, newsletter_id)
    left = _count(session, Subscription.ended_at, ~_left_long_ago, zone, since, newsletter_id)
    return [MonthFigures(month, joined.get(month, 0), left.get(month, 0)) for month in months]


def _count(
    session: Session,
    moment: InstrumentedAttribute[datetime | None] | ColumnElement[datetime],
    is_known: ColumnElement[bool],
    zone: ZoneInfo,
    since: datetime,
    newsletter_id: int | None,
) -> dict[date, int]:
    month = cast(func.date_trunc("month", func.timezone(zone.key, moment)), Date)
    counts = select(month, func.count()).where(_was_reader, moment >= since, is_known).group_by(month)
    if newsletter_id is not None:
        counts = counts.where(Subscription.newsletter_id == newsletter_id)
    return dict(session.execute(counts).all())


def _month_back(day: date, back: int) -> date:
    year, month = divmod(day.year * _MONTHS + day.month - 1 - back, _MONTHS)
    return date(year, month + 1, 1)
