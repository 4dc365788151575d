"""Letters about gifts as a browser shows them: accessible, and whole on the narrowest phone, in light and dark."""

import pytest
from playwright.sync_api import Browser

from service.rendering.letters import render_letter
from tests.rendering.gift_letters import make_context
from tests.web.suiting import list_violations

_LONG = {
    "donor_name": "W" * 120,
    "tribute": "Донаудампфшиффартсгезельшафт" * 4,
    "fund": "https://a.test/" + "x" * 150,
    "benefit": "晚宴" * 80,
    "fair_value": "$25,000.00",
    "deductible": "$999,999,999,999.00",
    "refunded": "$20.00",
    "amount": "$999,999,999,999.00",
    "button_url": "https://letters.test/" + "x" * 150,
    "recurs": "yes",
    "disclosure": "A copy of our latest financial report is on file with the state. " * 4,
}
_LETTERS = {
    "receipt, everything long": ("receipt", _LONG),
    "receipt in Chinese": ("receipt", {"language": "zh"}),
    "failed renewal in Russian": ("renewal_failed", {"language": "ru"}),
    "statement": ("statement", {}),
    "sign-in": ("donor_sign_in", {}),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", _LETTERS)
def test_axe_finds_nothing_to_say(browser: Browser, name: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # playwright wants the literals themselves
    page = context.new_page()
    page.set_content(_page(name))
    violations = list_violations(page)
    context.close()
    assert violations == []


@pytest.mark.parametrize("name", _LETTERS)
def test_no_letter_is_wider_than_its_window(browser: Browser, name: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.set_content(_page(name))
    scrolled = {}
    for width in (320, 480, 640, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        scrolled[width] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert scrolled == {width: width for width in scrolled}


def _page(name: str) -> str:
    kind, changes = _LETTERS[name]
    return render_letter(kind, make_context(kind, **changes)).html
