"""Gifts in a real browser over real processes and the test Stripe; each step with its mails and its ledger lines."""

import re
from collections import Counter
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.clock import now
from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.development.inbox import OpenedMail
from service.donations.models import Donation, LedgerEntry, RecurringDonation
from service.donations.states import DonationState, RecurringState
from service.mail.models import Letter, LetterKind
from service.receipts.models import Receipt, ReceiptState
from service.staff.accounts import create_account
from service.staff.roles import Role
from tests.factories.giving import make_fund, make_organisation
from tests.fixtures.processes import RunningService
from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until

NEW_YORK = ZoneInfo("America/New_York")
GIVER, NAME = "grace.giver@example.org", "Grace Giver"
GOOD, DECLINED, RENEWALS_FAIL = "4242 4242 4242 4242", "4000 0000 0000 0002", "4000 0000 0000 0341"


class House:
    """The running house with its test Stripe: where a browser goes, and what the rows and mails say."""

    def __init__(self, running: RunningService, stripe: FakeStripe, sink: SmtpSink, page: Page) -> None:
        self.running, self.stripe, self.sink, self.page = running, stripe, sink, page

    def give(self, *, frequency: str = "Once", cards: tuple[str, ...] = (GOOD,)) -> None:
        """Fill in the form and pay with the last of ``cards``; the others are declined first."""
        self.page.goto(f"{self.running.url}/give")
        self.page.get_by_text(frequency, exact=True).click()
        self.page.get_by_text("$50", exact=True).click()
        self.page.get_by_label("Name", exact=True).fill(NAME)
        self.page.get_by_label("E-mail address").fill(GIVER)
        self.page.wait_for_timeout(2_100)  # faster forms are taken for a program's
        self.page.get_by_role("button", name="Continue to payment").click()
        for card in cards:
            self.page.get_by_label("Card number").fill(card)
            self.page.locator("button.main").click()
            if card is not cards[-1]:
                expect(self.page.get_by_role("alert")).to_have_text("Your card was declined.")
        expect(self.page.get_by_role("heading", name="Thank you", exact=True)).to_be_visible()

    def enter(self) -> None:
        """Ask for a donor's link and open it."""
        before = self.count_letters(LetterKind.DONOR_SIGN_IN)
        self.page.goto(f"{self.running.url}/giving")
        self.page.get_by_label("E-mail address").fill(GIVER)
        self.page.get_by_role("button", name="Send me a link").click()
        expect(self.page.get_by_label("E-mail address")).to_have_count(0)
        self.wait_for_letters(LetterKind.DONOR_SIGN_IN, before + 1)
        link = re.search(rf"{self.running.url}/giving/enter/\S+", self.newest_mail().text)
        assert link is not None
        self.page.goto(link[0])
        self.page.get_by_role("button", name="Open my gifts").click()
        expect(self.page.get_by_role("heading", name="Your gifts", exact=True)).to_be_visible()

    def sign_in(self) -> None:
        """Enter the desk."""
        self.page.goto(f"{self.running.url}/desk/sign-in")
        self.page.get_by_label("E-mail address").fill(STAFF_ADDRESS)
        self.page.get_by_label("Password").fill(STAFF_PASSWORD)
        self.page.get_by_role("button", name="Sign in").click()
        expect(self.page.get_by_role("button", name="Sign out")).to_be_visible()

    def enter_check(self, day: date) -> None:
        """Enter a check of the giver at the desk."""
        self.page.goto(f"{self.running.url}/desk/gifts/offline")
        for label, typed in {"Giver’s name": NAME, "Giver’s e-mail address": GIVER, "Amount": "50"}.items():
            self.page.get_by_label(label).fill(typed)
        self.page.get_by_label("Day").fill(day.isoformat())
        self.page.locator("main form button").last.click()
        expect(self.page.locator("main")).to_contain_text("entered by hand")

    def lines(self) -> dict[str, int]:
        """Return the sum of each kind of ledger line."""
        with transaction(self.running.services.factory) as session:
            sums: Counter[str] = Counter()
            for entry in session.scalars(select(LedgerEntry)):
                sums[entry.kind.value] += entry.amount_minor
            return dict(sums)

    def gifts(self) -> list[Donation]:
        """Return every gift, oldest first."""
        with transaction(self.running.services.factory) as session:
            return list(session.scalars(select(Donation).order_by(Donation.paid_at)))

    def arrangement(self) -> RecurringDonation:
        """Return the one standing gift."""
        with transaction(self.running.services.factory) as session:
            return session.scalars(select(RecurringDonation)).one()

    def receipts(self) -> list[tuple[ReceiptState, int]]:
        """Return every version of every receipt."""
        with transaction(self.running.services.factory) as session:
            return [(one.state, one.amount_minor) for one in session.scalars(select(Receipt).order_by(Receipt.id))]

    def count_letters(self, kind: LetterKind) -> int:
        """Return how many letters of a kind have been sent."""
        with transaction(self.running.services.factory) as session:
            sent = select(Letter).where(Letter.kind == kind, Letter.sent_at.is_not(None))
            return len(session.scalars(sent).all())

    def wait_for_letters(self, kind: LetterKind, count: int = 1) -> None:
        """Wait until so many letters of a kind have been sent."""
        wait_until(lambda: self.count_letters(kind) >= count, f"{count} × {kind}")
        assert self.count_letters(kind) == count

    def newest_mail(self) -> OpenedMail:
        """Return the last mail to the giver."""
        return [mail for mail in self.sink.messages if GIVER in mail.envelope.recipients][-1]


@pytest.fixture
def house(live_stripe: FakeStripe, running: RunningService, smtp_sink: SmtpSink, page: Page) -> House:
    """An organisation with one fund and one publisher, open for gifts."""
    with transaction(running.services.factory) as session:
        make_organisation(session)
        make_fund(session)
        create_account(session, STAFF_ADDRESS, "Pat Publisher", STAFF_PASSWORD, Role.PUBLISHER)
    return House(running, live_stripe, smtp_sink, page)


def test_one_gift_after_a_declined_card_then_a_refund_and_a_lost_dispute(house: House) -> None:
    house.give(cards=(DECLINED, GOOD))
    house.wait_for_letters(LetterKind.RECEIPT)
    mail = house.newest_mail()
    assert "$50.00" in mail.text
    assert "No goods or services were provided" in mail.text
    assert b"application/pdf" in mail.source
    assert house.lines() == {"gift": 5000, "fee": -175}

    house.sign_in()
    house.page.goto(f"{house.running.url}/desk/gifts/{house.gifts()[0].id}")
    house.page.get_by_label("Amount").first.fill("20")
    house.page.get_by_label("Reason").first.fill("Gave by mistake")
    house.page.get_by_role("button", name="Pay it back").click()
    house.wait_for_letters(LetterKind.RECEIPT, 2)
    assert house.lines() == {"gift": 5000, "fee": -175, "refund": -2000}
    assert house.receipts() == [(ReceiptState.SUPERSEDED, 5000), (ReceiptState.ISSUED, 3000)]

    house.give()
    house.wait_for_letters(LetterKind.RECEIPT, 3)
    second = house.gifts()[-1]
    dispute_id = house.stripe.open_dispute(str(second.payment_id))
    wait_until(lambda: house.gifts()[-1].state is DonationState.DISPUTED, "the dispute")
    house.page.goto(f"{house.running.url}/desk/disputes")
    expect(house.page.locator("main")).to_contain_text("$50.00")
    house.stripe.close_dispute(dispute_id, won=False)
    house.wait_for_letters(LetterKind.RECEIPT_VOIDED)
    assert house.gifts()[-1].state is DonationState.CHARGED_BACK
    assert house.receipts()[-1] == (ReceiptState.VOIDED, 5000)
    assert house.lines()["dispute"] == -5000


def test_a_monthly_gift_renews_fails_recovers_changes_and_stops(house: House) -> None:
    house.give(frequency="Monthly")
    house.wait_for_letters(LetterKind.RECEIPT)
    for renewals in (1, 2):
        house.stripe.advance(days=31)
        house.wait_for_letters(LetterKind.RECEIPT, renewals + 1)
    assert house.lines()["gift"] == 15_000

    subscription_id = house.arrangement().subscription_id
    house.stripe.change_card(subscription_id, RENEWALS_FAIL.replace(" ", ""))
    house.stripe.advance(days=31)
    wait_until(lambda: house.arrangement().state is RecurringState.PAST_DUE, "the failed renewal")
    wait_until(lambda: house.count_letters(LetterKind.RENEWAL_FAILED) > 0, "the letter about it")

    house.enter()
    house.page.get_by_role("link", name="Change", exact=False).first.click()
    house.page.locator("section[aria-labelledby=change-card] button").click()
    house.page.get_by_label("Card number").fill(GOOD)
    house.page.get_by_role("button", name="Use this card").click()
    house.page.wait_for_url(f"{house.running.url}/giving/**")
    house.stripe.advance(days=8)
    house.wait_for_letters(LetterKind.RECEIPT, 4)
    wait_until(lambda: house.arrangement().state is RecurringState.ACTIVE, "the recovery")
    assert house.lines()["gift"] == 20_000

    house.page.goto(f"{house.running.url}/giving/recurring/{house.arrangement().id}")
    house.page.locator("section[aria-labelledby=change-amount] input[name=amount]").fill("75")
    house.page.locator("section[aria-labelledby=change-amount] button").click()
    house.wait_for_letters(LetterKind.RECURRING_CHANGED)
    assert house.arrangement().amount_minor == 7500
    house.stripe.advance(days=31)
    house.wait_for_letters(LetterKind.RECEIPT, 5)
    assert house.lines()["gift"] == 27_500

    house.page.goto(f"{house.running.url}/giving/recurring/{house.arrangement().id}/stop")
    house.page.locator("main form button").click()
    house.wait_for_letters(LetterKind.RECURRING_ENDED)
    assert house.arrangement().state is RecurringState.ENDED
    house.stripe.advance(days=62)
    assert house.stripe.get_object(subscription_id)["status"] == "canceled"
    assert house.lines()["gift"] == 27_500


def test_a_statement_is_prepared_approved_and_sent(house: House) -> None:
    house.sign_in()
    year = now().astimezone(NEW_YORK).year - 1  # where the organisation is; a year that goes on has no statements
    house.enter_check(date(year, 12, 30))
    house.wait_for_letters(LetterKind.RECEIPT)
    house.page.goto(f"{house.running.url}/desk/statements?year={year}")
    house.page.get_by_role("button", name="Prepare").first.click()
    expect(house.page.locator("main")).to_contain_text(NAME)
    house.page.get_by_role("button", name="Approve all 1").click()
    expect(house.page.get_by_text("They can be sent now.")).to_be_visible()
    house.page.get_by_role("button", name="Send the 1 approved").click()
    house.wait_for_letters(LetterKind.STATEMENT)
    mail = house.newest_mail()
    assert str(year) in mail.subject
    assert b"application/pdf" in mail.source
    house.enter()
    link = house.page.get_by_role("link", name=f"Statement for {year} (PDF)")
    answer = house.page.request.get(house.running.url + str(link.get_attribute("href")))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.body().startswith(b"%PDF")
