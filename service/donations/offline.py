"""Gifts that came past the processor: cheques and transfers that staff enter. Owns entering them once, and voiding.

Nothing entered is ever edited: a mistake is voided by a reversing line, and the right gift is entered anew.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.clock import now
from service.donations.benefits import check_benefit
from service.donations.giftfacts import update_receipt
from service.donations.givers import ensure_donor, find_donor
from service.donations.models import Donation, Fund, LedgerEntry
from service.donations.states import DonationState, LedgerKind
from service.errors import BadInput, Conflict, NotFound
from service.organisation.models import Organisation
from service.organisation.queries import get_organisation

OLDEST: Final = timedelta(days=3 * 366)  # older than that is a slip of the pen, or a matter for the accountant
LONGEST_LINE: Final = 200
SENT_BEFORE: Final = (
    "This form was sent before with other words, and that gift is in the books. If this is another gift, send it now; "
    "if it puts the first one right, void that one too."
)
_NONCE: Final = re.compile(r"[0-9a-f]{32}")
_METHODS: Final = {"cheque": "Check", "transfer": "Transfer", "cash": "Cash"}  # as receipts print it, in U.S. words
_NOON: Final = time(12)  # a cheque has a day but no hour; noon is that day in every zone near the office's


class Way(StrEnum):
    """How an offline gift came."""

    CHEQUE = "cheque"
    TRANSFER = "transfer"
    CASH = "cash"


class VoidReason(StrEnum):
    """Why a gift that was entered does not stand."""

    MISTAKE = "mistake"  # it never came like that: the books are reversed on the day of the gift
    RETURNED = "returned"  # it bounced, or was paid back: the books are reversed today


@dataclass(frozen=True)
class OfflineGift:
    """A gift as staff typed it. ``given_on`` is a day in the organisation's zone; amounts are minor units."""

    donor_name: str
    address: str
    language: str
    amount_minor: int
    given_on: date
    fund_id: int
    way: Way
    reference: str
    fair_market_value_minor: int = 0
    benefit: str = ""
    is_anonymous: bool = False


def record_offline_gift(session: Session, gift: OfflineGift, nonce: str) -> tuple[Donation, bool]:
    """Write a cheque, transfer or cash gift into the books, with its receipt. Returns it, and whether it is new.

    Safe to repeat: ``nonce`` (32 hex digits, made with the form) is unique, and sent again it yields the same gift.

    Raises:
        BadInput: when amount, day, name, address or benefit will not do.
        NotFound: when there is no such fund.
        Conflict: when the form was sent before with other words, and that gift is in the books.
    """
    if not _NONCE.fullmatch(nonce):
        raise BadInput("This form is incomplete. Please load the page again.")
    organisation = get_organisation(session)
    _refuse_bad(gift, organisation)
    benefit = check_benefit(gift.fair_market_value_minor, gift.benefit)
    columns = _write_columns(session, gift, organisation, benefit)
    donation_id = _insert_once(session, nonce, columns)
    if donation_id is None:
        return _find_same(session, nonce, columns), False
    donation = session.get_one(Donation, donation_id)
    _write_line(session, donation, f"manual:{nonce}", LedgerKind.GIFT, gift.amount_minor, donation.paid_at or now())
    update_receipt(session, donation)
    return donation, True


def void_offline_gift(session: Session, donation_id: int, reason: VoidReason) -> Donation:
    """Reverse an offline gift by a line of its own; its receipt becomes void. Safe to repeat.

    Raises:
        NotFound: when there is no such gift.
        Conflict: when the gift came through the processor, which pays back by a refund.
    """
    donation = session.get(Donation, donation_id, with_for_update={"key_share": True})
    if donation is None:
        raise NotFound("There is no such gift.")
    if donation.offline_id is None:
        raise Conflict("This gift came through the processor: pay it back with a refund.")
    if donation.state is DonationState.REFUNDED:
        return donation
    paid_at = donation.paid_at or now()
    at = paid_at if reason is VoidReason.MISTAKE else max(now(), paid_at)
    _write_line(session, donation, f"void:{donation.offline_id}", LedgerKind.REFUND, -donation.amount_minor, at)
    donation.state, donation.refunded_minor = DonationState.REFUNDED, donation.amount_minor
    donation.changed_at = now()
    session.flush()
    update_receipt(session, donation)
    return donation


def _write_columns(session: Session, gift: OfflineGift, organisation: Organisation, benefit: str) -> dict[str, Any]:
    """Return what the gift's row says; its donor is made if need be."""
    if session.get(Fund, gift.fund_id) is None:
        raise NotFound("There is no such fund.")
    name = " ".join(gift.donor_name.split())
    is_new = find_donor(session, parse_address(gift.address).key) is None
    donor = ensure_donor(session, None, gift.address, name, None)
    if donor is None:
        raise BadInput("The giver’s address can’t be read.")
    if is_new:
        donor.language = gift.language
    return {
        "donor_id": donor.id,
        "giver_name": name,
        "fund_id": gift.fund_id,
        "amount_minor": gift.amount_minor,
        "currency": organisation.currency,
        "method": f"{_METHODS[gift.way]} {' '.join(gift.reference.split())}".strip(),
        "paid_at": datetime.combine(gift.given_on, _NOON, organisation.zone),
        "is_anonymous": gift.is_anonymous,
        "fair_market_value_minor": gift.fair_market_value_minor,
        "benefit": benefit,
    }


def _insert_once(session: Session, nonce: str, columns: dict[str, Any]) -> int | None:
    """Add the gift's row. Returns its id, or None when this form was taken before."""
    row = insert(Donation).values(offline_id=nonce, state=DonationState.SUCCEEDED, **columns)
    once = row.on_conflict_do_nothing(index_elements=[Donation.offline_id]).returning(Donation.id)
    return session.scalar(once)


def _find_same(session: Session, nonce: str, columns: dict[str, Any]) -> Donation:
    """Return the gift that this form became. Raises Conflict when it says something else."""
    donation = session.scalars(select(Donation).where(Donation.offline_id == nonce)).one()
    if any(getattr(donation, name) != value for name, value in columns.items()):
        raise Conflict(SENT_BEFORE)
    return donation


def _refuse_bad(gift: OfflineGift, organisation: Organisation) -> None:
    today = now().astimezone(organisation.zone).date()
    if gift.amount_minor <= 0:
        raise BadInput("The amount must be above zero.")
    if gift.given_on > today:
        raise BadInput("The day of the gift lies in the future.")
    if gift.given_on < today - OLDEST:
        raise BadInput("That day is more than three years ago. Please look at the year.")
    if not gift.donor_name.strip():
        raise BadInput("The giver’s name is missing; the receipt needs it.")
    if max(len(gift.donor_name), len(gift.reference)) > LONGEST_LINE:
        raise BadInput(f"A name or reference has at most {LONGEST_LINE} characters.")
    parse_address(gift.address)


def _write_line(
    session: Session, donation: Donation, key: str, kind: LedgerKind, amount_minor: int, at: datetime
) -> None:
    session.add(
        LedgerEntry(
            key=key,
            donation_id=donation.id,
            kind=kind,
            amount_minor=amount_minor,
            currency=donation.currency,
            occurred_at=at,
        )
    )
    session.flush()
