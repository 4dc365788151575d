"""The pages in a real browser, at the width of a phone and without any script."""

import re

from playwright.sync_api import Page, expect

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop, list_invoices
from tests.web.suiting import assert_suits_everybody


def test_a_donor_is_declined_first_and_then_gives(page: Page, fake: FakeStripe, shop: Shop) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    session = shop.open(5000, submit_type="donate", success_url=f"{fake.url}/?said=Thank+you")
    page.goto(str(session.url))
    assert_suits_everybody(page)
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Donate $50.00").click()
    expect(page.get_by_role("alert")).to_have_text("Your card was declined.")
    assert_suits_everybody(page)
    expect(page.get_by_label("Email")).to_have_value("ada@example.org")

    page.get_by_label("Card number").fill("4000 0025 0000 3155")
    page.get_by_role("button", name="Donate $50.00").click()
    expect(page.get_by_role("button", name="Complete")).to_be_visible()
    assert_suits_everybody(page)
    page.get_by_role("button", name="Complete").click()

    expect(page.get_by_role("status")).to_have_text("Thank you")
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_card_fields_show_for_cards_alone(page: Page, shop: Shop) -> None:
    page.goto(str(shop.open().url))
    expect(page.get_by_label("Card number")).to_be_visible()

    page.get_by_label("US bank account").check()

    expect(page.get_by_label("Card number")).to_be_hidden()


def test_the_control_page_moves_the_clock_on_a_phone(page: Page, fake: FakeStripe, shop: Shop) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    shop.subscribe(2500)
    page.goto(fake.url)
    page.get_by_role("button", name="Move a month").click()

    expect(page.get_by_role("status")).to_have_text(re.compile("^The clock moved 31 days"))
    assert_suits_everybody(page)
    assert shop.kinds().count("invoice.paid") == 2


def test_the_portal_and_an_invoice_fit_a_phone(page: Page, fake: FakeStripe, shop: Shop) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    subscription = shop.subscribe(card="4000000000000341")
    fake.advance_to(subscription["items"].data[0].current_period_end)
    page.goto(shop.client.v1.billing_portal.sessions.create({"customer": str(subscription.customer)}).url)
    assert_suits_everybody(page)
    page.get_by_role("button", name="Stop this gift").click()
    expect(page.get_by_role("button", name="Go on after all")).to_be_visible()

    page.goto(str(list_invoices(shop, subscription)[0].hosted_invoice_url))
    assert_suits_everybody(page)
    page.get_by_label("Another card").fill("5555 5555 5555 4444")
    page.get_by_role("button", name="Pay $25.00").click()

    expect(page.locator("main strong")).to_have_text("paid")
    assert list_invoices(shop, subscription)[0].status == "paid"
