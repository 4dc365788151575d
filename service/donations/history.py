"""What a donor sees of their own: arrangements, gifts, receipts, statements. Reads only, and only that donor's rows.

Every function takes the donor; a row of somebody else is not found, in the same words as one that never was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from service.donations.models import Donation, RecurringChange, RecurringDonation
from service.donations.states import Frequency, RecurringState
from service.errors import NotFound
from service.money import write_plain
from service.organisation.models import Organisation
from service.receipts.models import Receipt, Statement, StatementState
from service.receipts.queries import list_receipts_of_donor, list_statements_of_donor
from service.spreadsheets import Cell, Plain, write_table

_ORDER: Final = {
    RecurringState.PAST_DUE: 0,
    RecurringState.INCOMPLETE: 1,
    RecurringState.ACTIVE: 1,
    RecurringState.PAUSED: 1,
    RecurringState.ENDED: 2,
}
SHOWN_STATEMENTS: Final = frozenset({StatementState.APPROVED, StatementState.SENT})
COLUMNS: Final = (
    "Date", "Amount", "Currency", "Of which fee cover", "Paid back", "State", "How often", "Fund", "Method", "Receipt",
)  # fmt: skip


@dataclass(frozen=True)
class PastGift:
    """One gift with the newest version of its receipt; ``day`` is in the organisation's zone."""

    donation: Donation
    receipt: Receipt | None
    day: date


def list_recurring_of_donor(session: Session, donor_id: int) -> list[RecurringDonation]:
    """Return a donor's arrangements: first what needs them, then what runs, last what has ended; newest first."""
    found = select(RecurringDonation).where(RecurringDonation.donor_id == donor_id)
    rows = session.scalars(found.options(joinedload(RecurringDonation.fund)).order_by(RecurringDonation.id.desc()))
    return sorted(rows, key=lambda recurring: _ORDER[recurring.state])


def get_own_recurring(session: Session, donor_id: int, recurring_id: int) -> RecurringDonation:
    """Return one of the donor's arrangements, or raise ``NotFound``."""
    found = select(RecurringDonation).where(
        RecurringDonation.id == recurring_id, RecurringDonation.donor_id == donor_id
    )
    recurring = session.scalar(found.options(joinedload(RecurringDonation.fund)))
    if recurring is None:
        raise NotFound("There is no such gift among yours.")
    return recurring


def find_own_change(session: Session, recurring_id: int, change_id: int) -> RecurringChange | None:
    """Return a change of this arrangement, or None."""
    return session.scalar(
        select(RecurringChange).where(RecurringChange.id == change_id, RecurringChange.recurring_id == recurring_id)
    )


def list_gifts_of_donor(session: Session, organisation: Organisation, donor_id: int) -> list[PastGift]:
    """Return a donor's gifts, newest first."""
    receipts: dict[int, Receipt] = {}
    for receipt in list_receipts_of_donor(session, donor_id):
        receipts.setdefault(receipt.donation_id, receipt)
    found = select(Donation).where(Donation.donor_id == donor_id)
    gifts = session.scalars(found.options(joinedload(Donation.fund), joinedload(Donation.recurring)))
    past = [
        PastGift(gift, receipts.get(gift.id), (gift.paid_at or gift.created_at).astimezone(organisation.zone).date())
        for gift in gifts
    ]
    return sorted(past, key=lambda each: (each.day, each.donation.id), reverse=True)


def list_shown_statements(session: Session, donor_id: int) -> list[Statement]:
    """Return the statements that staff have approved, the newest year first."""
    return [each for each in list_statements_of_donor(session, donor_id) if each.state in SHOWN_STATEMENTS]


def get_own_receipt(session: Session, donor_id: int, receipt_id: int) -> Receipt:
    """Return one of the donor's receipts in any version, or raise ``NotFound``."""
    receipt = session.scalar(select(Receipt).where(Receipt.id == receipt_id, Receipt.donor_id == donor_id))
    if receipt is None:
        raise NotFound("There is no such receipt among yours.")
    return receipt


def get_own_statement(session: Session, donor_id: int, statement_id: int) -> Statement:
    """Return one of the donor's statements that staff have approved, or raise ``NotFound``."""
    mine = (Statement.id == statement_id, Statement.donor_id == donor_id, Statement.state.in_(SHOWN_STATEMENTS))
    statement = session.scalar(select(Statement).where(*mine))
    if statement is None:
        raise NotFound("There is no such statement among yours.")
    return statement


def write_gifts(gifts: Iterable[PastGift]) -> str:
    """Return gifts as a table for a spreadsheet."""
    return "".join(write_table(COLUMNS, (_write_row(gift) for gift in gifts)))


def _write_row(gift: PastGift) -> list[Cell]:
    donation = gift.donation
    amounts = (donation.amount_minor, donation.fee_cover_minor, donation.refunded_minor)
    whole, cover, refunded = (Plain(write_plain(minor, donation.currency)) for minor in amounts)
    return [
        Plain(gift.day.isoformat()),
        whole,
        donation.currency.upper(),
        cover,
        refunded,
        donation.state.value,
        donation.recurring.frequency.value if donation.recurring else Frequency.ONCE.value,
        donation.fund.name if donation.fund else "",
        donation.method,
        gift.receipt.number if gift.receipt else "",
    ]
