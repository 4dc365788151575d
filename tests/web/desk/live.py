"""A person of the office at a real browser, for what only a browser can tell."""

from playwright.sync_api import Page

from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD


def sign_in_by_hand(page: Page, origin: str) -> None:
    """Sign the publisher in as a person would, with the keyboard alone."""
    page.goto(f"{origin}/desk/sign-in")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(STAFF_ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type(STAFF_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/desk/")
