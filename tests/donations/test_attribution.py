"""Which gifts an issue brought: only money that stands, by the item that asked, renewals apart."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from service.donations.attribution import Brought, ItemGifts, list_item_gifts, sum_up
from service.donations.models import Attempt, Donation, Donor, Fund, RecurringDonation
from service.donations.states import DonationState, Frequency
from service.issues.models import Issue
from service.issues.states import ItemKind
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation, make_recurring
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction

MONTH = timedelta(days=30)


class Desk:
    """An issue with an ask, another issue, and a giver."""

    def __init__(self, session: Session) -> None:
        self.session = session
        newsletter = make_newsletter(session)
        self.issue, self.other = make_issue(session, newsletter), make_issue(session, newsletter, 2, "Another")
        make_organisation(session)
        self.fund: Fund = make_fund(session)
        self.donor: Donor = make_donor(session)

    def give(self, amount_minor: int, issue: Issue | None = None, item: int | None = None, **facts: object) -> Donation:
        """Store a gift that came by a link of ``issue``, by its ``item`` if that is counted from 0."""
        donation = make_donation(self.session, self.donor, self.fund, amount_minor, **facts)  # type: ignore[arg-type]  # the factory's own
        donation.issue_id = issue.id if issue else None
        donation.item_id = issue.items[item].id if issue and item is not None else None
        self.session.flush()
        return donation

    def begin_recurring(self, issue: Issue, item: int) -> RecurringDonation:
        """Store an arrangement whose form came by a link of ``issue``."""
        attempt = Attempt(
            public_id="gift-1",
            nonce="nonce-1",
            address_key=self.donor.address_key,
            mailed_address=self.donor.mailed_address,
            amount_minor=2500,
            currency="usd",
            frequency=Frequency.MONTHLY,
            fund_id=self.fund.id,
            issue_id=issue.id,
            item_id=issue.items[item].id,
        )
        recurring = make_recurring(self.session, self.donor, self.fund)
        recurring.attempt = attempt
        self.session.flush()
        return recurring

    def figures(self) -> list[tuple[str, Brought]]:
        """Return what each ask of the issue brought, by its title."""
        return [(row.title, row.brought) for row in list_item_gifts(self.session, self.issue.id)]


@pytest.fixture
def desk(open_transaction: OpenTransaction) -> Iterator[Desk]:
    with open_transaction() as session:
        yield Desk(session)


def test_an_issue_that_brought_nothing_has_no_figures(desk: Desk) -> None:
    desk.give(5000, desk.other, 3)
    desk.give(5000)
    assert desk.figures() == []


def test_gifts_are_counted_by_the_item_that_asked_the_most_first(desk: Desk) -> None:
    desk.give(2500, desk.issue)
    desk.give(5000, desk.issue, 3)
    desk.give(10_000, desk.issue, 3)
    desk.give(7000, desk.other, 3)
    rows = list_item_gifts(desk.session, desk.issue.id)
    assert rows == [
        ItemGifts(ItemKind.ASK, "Thank you", Brought("usd", 2, 15_000)),
        ItemGifts(None, "", Brought("usd", 1, 2500)),
    ]
    assert sum_up(rows) == [Brought("usd", 3, 17_500)]


@pytest.mark.parametrize(
    ("state", "refunded", "counted"),
    [
        (DonationState.SUCCEEDED, 0, Brought("usd", 1, 5000)),
        (DonationState.PARTIALLY_REFUNDED, 1999, Brought("usd", 1, 3001)),
        (DonationState.REFUNDED, 5000, None),
        (DonationState.DISPUTED, 0, None),
        (DonationState.CHARGED_BACK, 0, None),
        (DonationState.PROCESSING, 0, None),
        (DonationState.FAILED, 0, None),
    ],
)
def test_only_money_that_stands_is_counted_less_what_was_paid_back(
    desk: Desk, state: DonationState, refunded: int, counted: Brought | None
) -> None:
    desk.give(5000, desk.issue, 3, state=state).refunded_minor = refunded
    desk.session.flush()
    assert desk.figures() == ([("Thank you", counted)] if counted else [])


@pytest.mark.parametrize("says_its_form", [True, False])
def test_renewals_are_counted_apart_with_or_without_word_of_their_form(desk: Desk, says_its_form: bool) -> None:
    recurring = desk.begin_recurring(desk.issue, 3)
    desk.give(2500, desk.issue, 3, recurring=recurring)
    for month in (1, 2):
        issue = desk.issue if says_its_form else None
        item = 3 if says_its_form else None
        desk.give(2600, issue, item, recurring=recurring, paid_at=PAID_AT + month * MONTH)
    desk.give(9900, desk.issue, 3)
    assert desk.figures() == [("Thank you", Brought("usd", 2, 12_400, 2, 5200))]


def test_a_renewal_stays_one_when_the_first_gift_was_paid_back(desk: Desk) -> None:
    recurring = desk.begin_recurring(desk.issue, 3)
    desk.give(2500, desk.issue, 3, recurring=recurring, state=DonationState.REFUNDED)
    desk.give(2500, desk.issue, 3, recurring=recurring, paid_at=PAID_AT + MONTH)
    assert desk.figures() == [("Thank you", Brought("usd", 0, 0, 1, 2500))]


def test_currencies_are_never_added(desk: Desk) -> None:
    desk.give(5000, desk.issue, 3)
    desk.give(700, desk.issue, 3).currency = "jpy"
    desk.give(300, desk.issue).currency = "jpy"
    desk.session.flush()
    rows = list_item_gifts(desk.session, desk.issue.id)
    assert sum_up(rows) == [Brought("usd", 1, 5000), Brought("jpy", 2, 1000)]
