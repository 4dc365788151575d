"""Ledger against mirror, and ledger against the processor's balance, to the cent. Owns finding differences; mends none.

Each balance line has its lines in the ledger by key, so that a window may begin between a charge and its refund.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, ColumnElement, case, cast, func, select
from sqlalchemy.orm import Session

from service.donations.gateway import TransactionFacts
from service.donations.models import Donation, LedgerEntry
from service.donations.states import DonationState, LedgerKind

SETTLING = timedelta(hours=2)  # a card's balance line may come an hour late (docs.stripe.com, asynchronous capture)
_OF_A_CHARGE = (LedgerKind.GIFT, LedgerKind.FEE_COVER, LedgerKind.FEE)
_REFUNDS = (LedgerKind.REFUND, LedgerKind.REFUND_FAILED)
_UNPAID = (DonationState.PROCESSING, DonationState.FAILED)


@dataclass(frozen=True)
class Mismatch:
    """One difference: where, what the books have and what they should have, in minor units."""

    about: str
    ledger_minor: int
    expected_minor: int
    sentence: str


@dataclass(frozen=True)
class Comparison:
    """The sums of what was compared, and every difference."""

    ledger_minor: int
    processor_minor: int
    mismatches: list[Mismatch]


def compare_balance(
    session: Session, transactions: Iterable[TransactionFacts], since: datetime, at: datetime
) -> Comparison:
    """Compare the books with the processor's balance lines of a window that ends ``at``."""
    known = list(transactions)
    lines = _load_lines(session, known)
    mismatches = []
    total = 0
    for moved in known:
        booked = lines[_place(moved)]
        total += booked
        if booked != moved.net_minor:
            sentence = f"The processor’s balance line for {moved.source_id} does not agree with the books."
            mismatches.append(Mismatch(moved.source_id, booked, moved.net_minor, sentence))
    mismatches += _list_unbalanced(session, {moved.source_id for moved in known}, since, at)
    return Comparison(total, sum(moved.net_minor for moved in known), mismatches)


def compare_mirror(session: Session) -> list[Mismatch]:
    """Compare every gift's own amounts with its lines in the books."""
    given = _sum_of((LedgerKind.GIFT, LedgerKind.FEE_COVER, LedgerKind.REVERSED))
    returned = -_sum_of(_REFUNDS)
    is_paid = case((Donation.state.in_(_UNPAID), 0), else_=1)
    rows = session.execute(
        select(Donation.id, given, Donation.amount_minor * is_paid, returned, Donation.refunded_minor * is_paid)
        .outerjoin(LedgerEntry, LedgerEntry.donation_id == Donation.id)
        .group_by(Donation.id)
        .having((given != Donation.amount_minor * is_paid) | (returned != Donation.refunded_minor * is_paid))
    )
    return [
        Mismatch(f"gift {gift}", booked - back, amount - refunded, f"Gift {gift} does not agree with its own lines.")
        for gift, booked, amount, back, refunded in rows
    ]


def _sum_of(kinds: tuple[LedgerKind, ...]) -> ColumnElement[int]:
    lines = func.sum(LedgerEntry.amount_minor).filter(LedgerEntry.kind.in_(kinds))
    return cast(func.coalesce(lines, 0), BigInteger)  # PostgreSQL sums wide integers as numeric


def _place(moved: TransactionFacts) -> tuple[str, str]:
    """Return under which key a balance line's lines are gathered by ``_load_lines``."""
    if moved.kind in {"dispute", "reversal"}:
        return ("transaction", moved.transaction_id)
    if moved.kind == "refund":
        return ("refund" if moved.net_minor < 0 else "refund_failed", moved.source_id)
    return ("charge", moved.source_id)


def _load_lines(session: Session, transactions: list[TransactionFacts]) -> defaultdict[tuple[str, str], int]:
    sources = list({moved.source_id for moved in transactions})
    sums: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in session.scalars(select(LedgerEntry).where(LedgerEntry.source_id.in_(sources))):
        sums[_place_of_entry(entry)] += entry.amount_minor
    return sums


def _place_of_entry(entry: LedgerEntry) -> tuple[str, str]:
    source = entry.source_id or ""
    if entry.kind in _OF_A_CHARGE:
        return ("charge", source)
    if entry.kind in _REFUNDS:
        return (str(entry.kind), source)
    return ("transaction", entry.key.partition(":")[2])


def _list_unbalanced(session: Session, sources: set[str], since: datetime, at: datetime) -> list[Mismatch]:
    """Return what is in the books for longer than a balance line may take, and is not in the balance."""
    booked = (
        select(LedgerEntry.source_id, cast(func.sum(LedgerEntry.amount_minor), BigInteger))
        .where(LedgerEntry.source_id.is_not(None), LedgerEntry.occurred_at.between(since, at - SETTLING))
        .group_by(LedgerEntry.source_id)
    )
    return [
        Mismatch(source, total, 0, f"{source} is in the books, but not in the processor’s balance.")
        for source, total in session.execute(booked)
        if source is not None and source not in sources and total
    ]
