"""What gifts came to: by month, by fund, and what is promised. Read from the ledger, in the organisation's zone.

Totals are net of what went back; the processor's fees stand beside them, and what givers added for fees is no part of a
fund's goal. A payment that nobody has named a fund for is no gift yet, and in no total.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from service.donations.models import Donation, Fund, LedgerEntry, RecurringDonation
from service.donations.queries import FEES
from service.donations.states import Frequency, LedgerKind, RecurringState

MONTHS_A_YEAR: Final = 12
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)  # a day beyond is a slip; the last day has a next one
_CHARGED: Final = (RecurringState.ACTIVE, RecurringState.PAST_DUE)


@dataclass(frozen=True)
class MonthTotal:
    """One month's gifts, net of what went back in it, so that a part may be below zero. Fees are 0 or negative."""

    month: date
    once_minor: int = 0
    recurring_minor: int = 0
    offline_minor: int = 0
    fees_minor: int = 0

    @property
    def net_minor(self) -> int:
        """What was given less what went back."""
        return self.once_minor + self.recurring_minor + self.offline_minor


@dataclass(frozen=True)
class FundTotal:
    """What a fund has raised, without what givers added for fees."""

    fund: Fund
    raised_minor: int
    gifts: int


@dataclass(frozen=True)
class Promised:
    """What standing arrangements bring, if every one goes on: the yearly ones count a twelfth each month."""

    monthly: int
    yearly: int
    monthly_minor: int
    yearly_minor: int

    @property
    def a_month_minor(self) -> int:
        """What comes in an average month, rounded down."""
        return self.monthly_minor + self.yearly_minor // MONTHS_A_YEAR


def first_of_month(day: date, months_back: int = 0) -> date:
    """Return the first day of the month that lies ``months_back`` before the month of ``day``."""
    count = day.year * MONTHS_A_YEAR + day.month - 1 - months_back
    year, month = divmod(count, MONTHS_A_YEAR)
    return date(year, month + 1, 1)


def start_of_day(day: date, zone: ZoneInfo) -> datetime:
    """Return the moment at which a day begins in ``zone``."""
    return datetime.combine(day, time(), zone)


def list_months(session: Session, zone: ZoneInfo, currency: str, first: date, last: date) -> list[MonthTotal]:
    """Return every month from that of ``first`` to that of ``last``, in order; months without gifts are all zero."""
    begin, end = first_of_month(first), first_of_month(last, -1)
    found = _sum_months(session, zone, currency, start_of_day(begin, zone), start_of_day(end, zone))
    months, month = [], begin
    while month < end:
        months.append(found.get(month, MonthTotal(month)))
        month = first_of_month(month, -1)
    return months


def sum_between(session: Session, currency: str, since: datetime, until: datetime) -> int:
    """Return what was given less what went back from ``since`` up to, not with, ``until``."""
    total = (
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0))
        .join(Donation, Donation.id == LedgerEntry.donation_id)
        .where(*_between(currency, since, until), LedgerEntry.kind.not_in(FEES))
    )
    return int(session.scalar(total) or 0)


def list_fund_totals(session: Session, currency: str) -> list[FundTotal]:
    """Return what every fund has raised in all time, open funds first.

    A gift that went back counts for nothing; of one that went back in part, what stayed beyond the added fee counts.
    """
    stayed = func.sum(LedgerEntry.amount_minor).filter(LedgerEntry.kind.not_in(FEES))
    cover = func.coalesce(func.sum(LedgerEntry.amount_minor).filter(LedgerEntry.kind == LedgerKind.FEE_COVER), 0)
    gifts = (
        select(Donation.fund_id.label("fund_id"), func.greatest(stayed - cover, 0).label("raised"))
        .join(LedgerEntry, LedgerEntry.donation_id == Donation.id)
        .where(LedgerEntry.currency == currency)
        .group_by(Donation.id)
        .subquery()
    )
    raised = func.coalesce(func.sum(gifts.c.raised), 0)
    counted = func.count(gifts.c.raised).filter(gifts.c.raised > 0)
    rows = session.execute(
        select(Fund, raised, counted)
        .outerjoin(gifts, gifts.c.fund_id == Fund.id)
        .group_by(Fund.id)
        .order_by(Fund.is_open.desc(), Fund.id)
    )
    return [FundTotal(fund, int(total), count) for fund, total, count in rows]


def get_promised(session: Session, currency: str) -> Promised:
    """Return what arrangements that are charged now bring; paused and ended ones bring nothing."""
    rows = session.execute(
        select(
            RecurringDonation.frequency,
            func.count(),
            func.sum(RecurringDonation.amount_minor),
        )
        .where(RecurringDonation.state.in_(_CHARGED), RecurringDonation.currency == currency)
        .group_by(RecurringDonation.frequency)
    )
    found = {frequency: (count, int(total)) for frequency, count, total in rows}
    monthly, yearly = found.get(Frequency.MONTHLY, (0, 0)), found.get(Frequency.YEARLY, (0, 0))
    return Promised(monthly=monthly[0], yearly=yearly[0], monthly_minor=monthly[1], yearly_minor=yearly[1])


def _sum_months(
    session: Session, zone: ZoneInfo, currency: str, since: datetime, until: datetime
) -> dict[date, MonthTotal]:
    # An aware time "at time zone" is the clock on the office's wall, summer and winter.
    wall = func.timezone(zone.key, LedgerEntry.occurred_at)
    month = func.date_trunc("month", wall).label("month")
    column = _column()
    rows = session.execute(
        select(month, column, func.sum(LedgerEntry.amount_minor))
        .join(Donation, Donation.id == LedgerEntry.donation_id)
        .where(*_between(currency, since, until))
        .group_by(month, column)
    )
    parts: defaultdict[date, dict[str, int]] = defaultdict(dict)
    for start, name, total in rows:
        parts[start.date()][name] = int(total)
    return {day: MonthTotal(day, **found) for day, found in parts.items()}


def _between(currency: str, since: datetime, until: datetime) -> tuple[ColumnElement[bool], ...]:
    """Return what a line about a gift of that time must fulfil."""
    is_gift = Donation.fund_id.is_not(None)
    return (
        is_gift,
        LedgerEntry.currency == currency,
        LedgerEntry.occurred_at >= since,
        LedgerEntry.occurred_at < until,
    )


def _column() -> ColumnElement[str]:
    """Return which column of ``MonthTotal`` a line belongs to."""
    return case(
        (LedgerEntry.kind.in_(FEES), "fees_minor"),
        (Donation.offline_id.is_not(None), "offline_minor"),
        (Donation.recurring_id.is_not(None), "recurring_minor"),
        else_="once_minor",
    ).label("part")
