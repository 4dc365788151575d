"""A donor's first page: what goes on, what was given, and the papers that prove it."""

from itertools import groupby

from flask import Response, g

from service.donations.history import (
    PastGift,
    list_gifts_of_donor,
    list_recurring_of_donor,
    list_shown_statements,
)
from service.donations.models import Donor
from service.donations.states import DonationState, RecurringState
from service.organisation.queries import get_organisation
from service.web.giving.pages import show_page
from service.web.transaction import unit_of_work

# What a year's sum counts; the rest is on its way, went back, or never came.
COUNTED = frozenset({DonationState.SUCCEEDED, DonationState.PARTIALLY_REFUNDED})


def show_overview(donor: Donor) -> Response:
    """Show everything of this donor's on one page."""
    g.donor = donor
    with unit_of_work() as session:
        organisation = get_organisation(session)
        arrangements = list_recurring_of_donor(session, donor.id)
        gifts = list_gifts_of_donor(session, organisation, donor.id)
        statements = list_shown_statements(session, donor.id)
    return show_page(
        "overview",
        organisation=organisation,
        running=[each for each in arrangements if each.state is not RecurringState.ENDED],
        ended=[each for each in arrangements if each.state is RecurringState.ENDED],
        years=[_sum_year(year, list(of_year)) for year, of_year in groupby(gifts, lambda gift: gift.day.year)],
        statements=statements,
    )


def _sum_year(year: int, gifts: list[PastGift]) -> dict[str, object]:
    kept = [gift.donation for gift in gifts if gift.donation.state in COUNTED]
    sums: dict[str, int] = {}
    for donation in kept:
        sums[donation.currency] = sums.get(donation.currency, 0) + donation.amount_minor - donation.refunded_minor
    return {"year": year, "gifts": gifts, "sums": sums}
