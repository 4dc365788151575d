"""What every page owes everybody, as a real browser sees it."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def assert_suits_everybody(page: Page) -> None:
    """Nothing that axe-core finds fault with, and no scrolling sideways."""
    violations = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in violations] == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
