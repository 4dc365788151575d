"""The pages in a real browser, at the width of a phone and without any script."""

from playwright.sync_api import Page

from service.development.fakestripe.fake import FakeStripe
from tests.development.fakestripe.shop import Shop


def is_as_wide_as_the_phone(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def test_a_donor_is_declined_first_and_then_gives(page: Page, fake: FakeStripe, shop: Shop) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    session = shop.open(5000, submit_type="donate", success_url=f"{fake.url}/?said=Thank+you")
    page.goto(str(session.url))
    assert is_as_wide_as_the_phone(page)
    page.get_by_label("Email").fill("ada@example.org")
    page.get_by_label("Card number").fill("4000 0000 0000 0002")
    page.get_by_role("button", name="Donate $50.00").click()
    assert page.get_by_role("alert").inner_text() == "Your card was declined."
    assert page.get_by_label("Email").input_value() == "ada@example.org"

    page.get_by_label("Card number").fill("4000 0025 0000 3155")
    page.get_by_role("button", name="Donate $50.00").click()
    page.get_by_role("button", name="Complete").click()

    assert page.get_by_role("status").inner_text() == "Thank you"
    assert shop.client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_card_fields_show_for_cards_alone(page: Page, shop: Shop) -> None:
    page.goto(str(shop.open().url))
    assert page.get_by_label("Card number").is_visible()

    page.get_by_label("US bank account").check()

    assert not page.get_by_label("Card number").is_visible()


def test_the_control_page_moves_the_clock_on_a_phone(page: Page, fake: FakeStripe, shop: Shop) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    shop.subscribe(2500)
    page.goto(fake.url)
    page.get_by_role("button", name="Move a month").click()

    assert page.get_by_role("status").inner_text().startswith("The clock moved 31 days")
    assert is_as_wide_as_the_phone(page)
    assert shop.kinds().count("invoice.paid") == 2
