"""What a receipt needs to know of a gift, as plain data: ``donations`` says it, ``receipts`` writes it down."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Standing(StrEnum):
    """What a gift deserves now."""

    UNPAID = "unpaid"  # nothing: a bank debit on its way, or one that failed
    GOOD = "good"  # a receipt of what was given less what was paid back
    DISPUTED = "disputed"  # its receipt is held
    RETURNED = "returned"  # wholly paid back or charged back: its receipt is void


@dataclass(frozen=True)
class GiftFacts:
    """One gift as it stands now. ``paid_minor`` is the whole that was charged and includes ``fee_cover_minor``.

    ``address`` is the mailed form of the donor's address.
    """

    donation_id: int
    donor_id: int
    standing: Standing
    donor_name: str
    address: str
    language: str
    paid_minor: int
    refunded_minor: int
    fee_cover_minor: int
    fair_market_value_minor: int
    benefit: str
    currency: str
    paid_at: datetime | None
    fund_name: str
    method: str
    tribute: str
    is_renewal: bool
