"""One gift with all its papers, so that every route that names one has something to show."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.donations.giftfacts import update_receipt
from service.organisation.queries import find_organisation
from service.receipts.queries import list_receipts_of_gift, list_statements
from service.receipts.statements import prepare_statements
from tests.factories.giving import make_donation, make_donor, make_fund, make_organisation, make_recurring

FUND = "shelf"


@dataclass(frozen=True)
class Bookshelf:
    """The ids of what is there."""

    fund_id: int
    donor_id: int
    recurring_id: int
    gift_id: int
    receipt_id: int
    statement_id: int


def keep_books(session: Session) -> Bookshelf:
    """Store a recurring gift with its receipt and a drafted statement, in whatever organisation there is."""
    if find_organisation(session) is None:
        make_organisation(session)
    fund, donor = (
        make_fund(session, "shelf", "The shelf"),
        make_donor(session, "donor.of.the.shelf@example.org", "Shelly"),
    )
    recurring = make_recurring(session, donor, fund)
    gift = make_donation(session, donor, fund, recurring=recurring)
    session.refresh(gift, ["donor", "fund"])
    update_receipt(session, gift)
    (receipt,) = list_receipts_of_gift(session, gift.id)
    prepare_statements(session, receipt.year)
    statement = next(one for one in list_statements(session, receipt.year) if one.donor_id == donor.id)
    return Bookshelf(fund.id, donor.id, recurring.id, gift.id, receipt.id, statement.id)
