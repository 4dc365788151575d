"""What the accountant takes along: ledger lines and gifts of a period as tables. Reads only, a row at a time.

A period is days of the organisation's zone, both included; a ledger line counts on the day it happened, a gift on the
day it was paid.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.donations.models import Donation, LedgerEntry
from service.donations.totals import FIRST_DAY, LAST_DAY, start_of_day
from service.errors import BadInput
from service.money import write_plain
from service.receipts.models import Receipt, ReceiptState
from service.spreadsheets import Cell, Plain, write_table

AT_ONCE: Final = 500  # rows held in memory
_VALID: Final = (ReceiptState.ISSUED, ReceiptState.HELD)


class Table(StrEnum):
    """What can be taken along."""

    LEDGER = "ledger"
    GIFTS = "gifts"


_LEDGER_HEADS: Final = (
    *("Line", "Day", "Time (UTC)", "Kind", "Amount", "Currency", "Gift", "Fund", "Donor", "Address", "Method"),
    *("Processor’s id", "Key", "Written (UTC)"),
)
_GIFT_HEADS: Final = (
    *("Gift", "Day", "State", "Amount", "Of it for the fee", "Paid back", "Currency", "Kind", "Fund", "Donor"),
    *("Address", "Anonymous", "Tribute", "Employer", "Method", "Given in return", "Its value", "Receipt"),
    *("Issue", "Payment", "To look at"),
)


def export_table(session: Session, table: Table, first: date, last: date, zone: ZoneInfo) -> Iterator[str]:
    """Return a table of a period as CSV, a line at a time; read it while ``session`` is open.

    Raises:
        BadInput: when the period will not do; at once, before the first line.
    """
    check_period(first, last)
    since, until = start_of_day(first, zone), start_of_day(last + timedelta(days=1), zone)
    if table is Table.LEDGER:
        return write_table(_LEDGER_HEADS, _list_lines(session, since, until, zone))
    return write_table(_GIFT_HEADS, _list_gifts(session, since, until, zone))


def check_period(first: date, last: date) -> None:
    """Raise BadInput when a period ends before it begins, or lies beyond every calendar that anybody keeps."""
    if first < FIRST_DAY or last > LAST_DAY:
        raise BadInput(f"A period lies between {FIRST_DAY} and {LAST_DAY}.")
    if last < first:
        raise BadInput("The period ends before it begins.")


def _list_lines(session: Session, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[list[Cell]]:
    lines = (
        select(LedgerEntry, Donation)
        .join(Donation, Donation.id == LedgerEntry.donation_id)
        .options(joinedload(Donation.donor), joinedload(Donation.fund))
        .where(LedgerEntry.occurred_at >= since, LedgerEntry.occurred_at < until)
        .order_by(LedgerEntry.occurred_at, LedgerEntry.id)
    )
    with session.execute(lines.execution_options(yield_per=AT_ONCE)) as found:
        for line, gift in found:
            yield [
                line.id,
                _day(line.occurred_at, zone),
                _moment(line.occurred_at),
                Plain(line.kind.value),
                Plain(write_plain(line.amount_minor, line.currency)),
                Plain(line.currency.upper()),
                gift.id,
                *_who(gift),
                gift.method,
                line.source_id,
                line.key,
                _moment(line.written_at),
            ]


def _list_gifts(session: Session, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[list[Cell]]:
    gifts = (
        select(Donation, Receipt.number)
        .outerjoin(Receipt, (Receipt.donation_id == Donation.id) & Receipt.state.in_(_VALID))
        .options(joinedload(Donation.donor), joinedload(Donation.fund))
        .where(Donation.paid_at >= since, Donation.paid_at < until)
        .order_by(Donation.paid_at, Donation.id)
    )
    with session.execute(gifts.execution_options(yield_per=AT_ONCE)) as found:
        for gift, number in found:
            yield [
                gift.id,
                _day(gift.paid_at, zone),
                Plain(gift.state.value),
                *(_amount(minor, gift) for minor in (gift.amount_minor, gift.fee_cover_minor, gift.refunded_minor)),
                Plain(gift.currency.upper()),
                Plain(_kind(gift)),
                *_who(gift),
                Plain("yes" if gift.is_anonymous else "no"),
                " ".join(part for part in (gift.tribute_kind, gift.tribute_name) if part),
                gift.employer,
                gift.method,
                gift.benefit,
                _amount(gift.fair_market_value_minor, gift),
                number,
                gift.issue_id,
                gift.payment_id,
                gift.review,
            ]


def _who(gift: Donation) -> tuple[Cell, Cell, Cell]:
    """Return fund, name and address."""
    donor = gift.donor
    return (gift.fund.name if gift.fund else "", donor.name if donor else "", donor.mailed_address if donor else "")


def _kind(gift: Donation) -> str:
    if gift.offline_id is not None:
        return "offline"
    return "once" if gift.recurring_id is None else "recurring"


def _amount(minor: int, gift: Donation) -> Plain:
    return Plain(write_plain(minor, gift.currency))


def _day(at: datetime | None, zone: ZoneInfo) -> Plain:
    return Plain(at.astimezone(zone).date().isoformat() if at else "")


def _moment(at: datetime) -> Plain:
    return Plain(f"{at:%Y-%m-%d %H:%M:%S}")
