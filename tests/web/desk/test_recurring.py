"""Recurring gifts, disputes and totals on the desk: what is shown of each."""

from flask import Flask

from service.development.fakestripe.fake import FakeStripe
from service.donations.models import RecurringChange
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, open_desk


def test_what_fails_is_told_with_every_try_and_its_letter(desk: Desk, shelf: Shelf) -> None:
    for page in ("/desk/recurring", f"/desk/recurring/{shelf.failing_id}"):
        shown = desk.read(page)
        assert "try 1 failed. The letter to li@example.org: accepted by our mail relay." in shown
        assert "try 2 failed." in shown
    assert "2 tries have failed. Next try" in desk.read("/desk/recurring")


def test_recurring_gifts_are_listed_by_state_with_what_they_bring(desk: Desk, shelf: Shelf) -> None:
    everything = desk.read("/desk/recurring")
    assert "<dd>$35.00</dd>" in everything
    for question, rows in {"": 2, "state=active": 1, "state=past_due": 1, "state=ended": 0, "state=x": 2}.items():
        table = desk.read(f"/desk/recurring?{question}").partition('id="all"')[2]
        assert table.count('href="/desk/recurring/') == rows, question
    assert shelf


def test_an_arrangement_shows_its_charges_and_who_changed_it(
    desk: Desk, shelf: Shelf, publisher_account: int, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        for account_id, state in ((None, "done"), (publisher_account, "failed")):
            session.add(
                RecurringChange(
                    recurring_id=shelf.recurring_id, kind="pause", state=state, account_id=account_id, problem=""
                )
            )
    shown = desk.read(f"/desk/recurring/{shelf.recurring_id}")
    assert shown.count('href="/desk/gifts/') == 3
    assert "The donor: a pause" in shown
    assert "Pat Publisher: a pause" in shown
    assert "not done" in shown


def test_a_dispute_says_until_when_and_why(desk: Desk, shelf: Shelf) -> None:
    shown = desk.read("/desk/disputes")
    for words in ("29 Nov 2026", "product not received", "$99.00", f"/desk/gifts/{shelf.disputed_gift_id}"):
        assert words in shown
    assert "dashboard.stripe.com" not in shown  # no processor is set up in this test


def test_the_test_stripe_has_no_dashboard_to_lead_to(
    fake_stripe: FakeStripe, app: Flask, publisher_account: int, shelf: Shelf
) -> None:
    assert fake_stripe
    assert shelf
    assert "dashboard.stripe.com" not in open_desk(app, publisher_account).read("/desk/disputes")


def test_totals_are_drawn_and_said(desk: Desk, shelf: Shelf) -> None:
    assert shelf
    shown = desk.read("/desk/totals?months=24")
    assert "Gifts by month, net of refunds: " in shown
    assert "raised for Where it is needed most" in shown
    assert shown.count('<th scope="row">') == 24
    assert desk.read("/desk/totals?months=1000").count('<th scope="row">') == 12
