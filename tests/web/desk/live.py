"""A person of the office at a real browser, for what only a browser can tell."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD

NARROWEST = 320  # pixels


def sign_in_by_hand(page: Page, origin: str) -> None:
    """Sign the publisher in as a person would, with the keyboard alone."""
    page.goto(f"{origin}/desk/sign-in")
    page.get_by_label("E-mail address").focus()
    page.keyboard.type(STAFF_ADDRESS)
    page.keyboard.press("Tab")
    page.keyboard.type(STAFF_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{origin}/desk/")


def assert_suits_everybody_and_fits(page: Page, url: str, width: int) -> None:
    """With all folds open: axe-core finds nothing at ``width``, and nothing runs out of the narrowest screen."""
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(url)
    page.evaluate("for (const folded of document.querySelectorAll('details')) folded.open = true")
    violations = Axe().run(page).response["violations"]
    assert [(found["id"], [node["target"] for node in found["nodes"]]) for found in violations] == [], url
    page.set_viewport_size({"width": NARROWEST, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST, url
