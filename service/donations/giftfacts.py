"""A gift told to ``receipts``: what it deserves now, in plain data. Owns which states earn a receipt."""

from typing import Final

from sqlalchemy.orm import Session

from service.donations.models import Donation
from service.donations.states import DonationState
from service.receipts.facts import GiftFacts, Standing
from service.receipts.issuing import bring_up_to_date, lock_receipts

STANDINGS: Final = {
    DonationState.PROCESSING: Standing.UNPAID,
    DonationState.FAILED: Standing.UNPAID,
    DonationState.SUCCEEDED: Standing.GOOD,
    DonationState.PARTIALLY_REFUNDED: Standing.GOOD,
    DonationState.DISPUTED: Standing.DISPUTED,
    DonationState.REFUNDED: Standing.RETURNED,
    DonationState.CHARGED_BACK: Standing.RETURNED,
}
_TRIBUTES: Final = {"honour": "In honor of", "memory": "In memory of"}


def gift_facts(donation: Donation) -> GiftFacts | None:
    """Return what a receipt needs to know, or None while nobody knows who gave, or what for.

    A payment without a fund did not come by our form: the account may be used for more than gifts, and what was sold
    must not be called a gift. Staff who know better give it a fund.
    """
    donor, fund = donation.donor, donation.fund
    if donor is None or fund is None:
        return None
    tribute = f"{_TRIBUTES[donation.tribute_kind]} {donation.tribute_name}" if donation.tribute_kind else ""
    return GiftFacts(
        donation_id=donation.id,
        donor_id=donor.id,
        standing=STANDINGS[donation.state],
        donor_name=donation.giver_name or donor.name,
        address=donor.mailed_address,
        language=donor.language,
        paid_minor=donation.amount_minor,
        refunded_minor=donation.refunded_minor,
        fee_cover_minor=donation.fee_cover_minor,
        fair_market_value_minor=donation.fair_market_value_minor,
        benefit=donation.benefit,
        currency=donation.currency,
        paid_at=donation.paid_at,
        fund_name=fund.name,
        method=donation.method,
        tribute=tribute,
        is_renewal=donation.recurring_id is not None,
    )


def update_receipt(session: Session, donation: Donation) -> None:
    """Make the receipt of a gift be what it deserves now. Safe to repeat.

    The facts are read under the lock that receipts are written under: a gift that somebody voided meanwhile is void.
    """
    session.flush()
    lock_receipts(session, donation.id)
    session.refresh(donation)
    facts = gift_facts(donation)
    if facts is not None:
        bring_up_to_date(session, facts)
