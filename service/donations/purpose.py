"""Naming what a payment was for that came past our form. Owns that only staff who know make a gift of it, and once."""

from sqlalchemy.orm import Session

from service.donations.giftfacts import update_receipt
from service.donations.models import Donation, Fund
from service.donations.recording import NAMES_NO_FUND
from service.errors import Conflict, NotFound


def name_fund(session: Session, donation_id: int, fund_id: int) -> Donation:
    """Say which fund a payment without one is for; its receipt follows, and nobody is asked for it any more.

    Safe to repeat with the same fund.

    Raises:
        NotFound: when there is no such gift or fund.
        Conflict: when it has another fund already: receipts and totals speak of that one.
    """
    donation = session.get(Donation, donation_id, with_for_update={"key_share": True})
    if donation is None:
        raise NotFound("There is no such gift.")
    if session.get(Fund, fund_id) is None:
        raise NotFound("There is no such fund.")
    if donation.fund_id not in {None, fund_id}:
        raise Conflict("This gift is for a fund already.")
    donation.fund_id = fund_id
    donation.review = " ".join(donation.review.replace(NAMES_NO_FUND, "").split())
    session.flush()
    session.refresh(donation, ["fund"])
    update_receipt(session, donation)
    return donation
