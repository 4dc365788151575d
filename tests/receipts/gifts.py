"""Gifts for these tests: their facts as plain data, and rows for them to point at."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.models import Donor, Fund
from service.mail.models import Letter
from service.receipts.facts import GiftFacts, Standing
from service.receipts.issuing import bring_up_to_date
from service.receipts.models import Receipt
from service.receipts.queries import list_receipts_of_gift
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund

Open = Callable[[], AbstractContextManager[Session]]

CARD_GIFT = GiftFacts(
    donation_id=1,
    donor_id=1,
    standing=Standing.GOOD,
    donor_name="Grace Giver",
    address="grace.giver@example.org",
    language="en",
    paid_minor=5000,
    refunded_minor=0,
    fee_cover_minor=0,
    fair_market_value_minor=0,
    benefit="",
    currency="usd",
    paid_at=PAID_AT,
    fund_name="Where it is needed most",
    method="Visa •••• 4242",
    tribute="",
    is_renewal=False,
)


@dataclass
class Gift:
    """One stored gift, and its facts as they were last told."""

    open_transaction: Open
    facts: GiftFacts

    def tell(self, **changes: Any) -> None:
        """Change what is so, and bring the receipts up to date in a transaction of its own."""
        self.facts = replace(self.facts, **changes)
        with self.open_transaction() as session:
            bring_up_to_date(session, self.facts)

    def receipts(self) -> list[Receipt]:
        """Return every version, the newest first."""
        with self.open_transaction() as session:
            return list_receipts_of_gift(session, self.facts.donation_id)

    def states(self) -> list[str]:
        """Return the state of every version, the first version first."""
        return [receipt.state.value for receipt in reversed(self.receipts())]

    def letter_keys(self) -> list[str | None]:
        """Return the keys of all letters, in the order of posting."""
        with self.open_transaction() as session:
            return list(session.scalars(select(Letter.key).order_by(Letter.id)))


def store_gift(session: Session, name: str = "Grace Giver", *, paid_at: datetime = PAID_AT) -> GiftFacts:
    """Store a donor and a gift of $50 and return its facts; the organisation must be there."""
    donor = make_donor(session, f"{name.casefold().replace(' ', '.')}@example.org", name)
    return store_gift_of(session, donor.id, paid_at=paid_at)


def store_gift_of(session: Session, donor_id: int, *, paid_at: datetime = PAID_AT) -> GiftFacts:
    """Store one more gift of $50 of a donor and return its facts."""
    donor = session.get_one(Donor, donor_id)
    fund = session.scalar(select(Fund)) or make_fund(session)
    donation = make_donation(session, donor, fund, paid_at=paid_at)
    return replace(
        CARD_GIFT,
        donation_id=donation.id,
        donor_id=donor.id,
        donor_name=donor.name,
        address=donor.mailed_address,
        paid_at=paid_at,
    )
