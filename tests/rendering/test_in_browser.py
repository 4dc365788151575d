"""The mail as a browser shows it: accessible, and whole on the narrowest phone, in light and dark."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser

from service.rendering.issue import RenderedIssue, render_issue
from service.rendering.letters import render_letter
from service.rendering.template import compile_template
from service.rendering.web import render_issue_page
from tests.rendering.samples import (
    BASE_URL,
    JANE,
    list_targets,
    make_asking_issue,
    make_full_issue,
    make_issue,
    make_item,
    make_offer,
)
from tests.web.suiting import list_violations

pytestmark = pytest.mark.browser


def _issue_page() -> str:
    content = make_full_issue()
    long = make_item("feature", "Donaudampfschifffahrtsgesellschaftskapitän", "https://a.test/" + "x" * 200)
    return _view(render_issue(make_issue(*content.items, long), base_url=BASE_URL))


def _letter_page() -> str:
    context = {"newsletters": "The Night Lantern", "publisher": "Lantern Society", "postal_address": "7 Pier Road"}
    context |= {"button_url": "https://letters.test/" + "x" * 90, "language": "en"}
    return render_letter("confirm", context).html


def _asking_page(language: str = "en", *amounts: str) -> str:
    content = make_asking_issue()
    ask = replace(content.items[-1], language=language, offer=make_offer(language, *amounts))
    return _view(render_issue(replace(content, items=(*content.items[:-1], ask)), base_url=BASE_URL))


def _thanks_page() -> str:
    return _view(render_issue(make_asking_issue(), base_url=BASE_URL, thanks=True))


def _view(rendered: RenderedIssue) -> str:
    html = compile_template(rendered).view_html(JANE, list_targets(rendered))
    return html.replace("https://images.test/lamp.jpg", "data:,")


def _archive_page() -> str:
    body = render_issue_page(make_asking_issue()).replace("https://images.test/lamp.jpg", "data:,")
    return f'<!doctype html><html lang="en"><title>T</title><main><h1>T</h1>{body}</main></html>'


_PAGES = {
    "issue": _issue_page,
    "asking": _asking_page,
    "thanks": _thanks_page,
    "letter": _letter_page,
    "archive": _archive_page,
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("kind", _PAGES)
def test_axe_finds_nothing_to_say(browser: Browser, kind: str, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]  # playwright wants the literals themselves
    page = context.new_page()
    page.set_content(_PAGES[kind]())
    violations = list_violations(page)
    context.close()
    assert violations == []


@pytest.mark.parametrize("width", [320, 480, 640, 1200])
@pytest.mark.parametrize("kind", ["issue", "letter"])
def test_no_mail_is_wider_than_its_window(browser: Browser, kind: str, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_content(_PAGES[kind]())
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    button = page.locator(".press a").bounding_box()
    context.close()
    assert scrolled <= width
    assert button is not None
    assert button["height"] >= 44


@pytest.mark.parametrize(
    ("language", "amounts"),
    [
        ("en", ("$25", "$50", "$100", "$250")),
        ("ru", ("$25,000", "$50,000", "$75,000", "$99,000")),
        ("zh", ("CHF 1,000", "CHF 2,500", "CHF 5,000", "CHF 10,000", "CHF 25,000")),
    ],
)
@pytest.mark.parametrize("width", [320, 1200])
def test_every_way_to_give_can_be_pressed_with_a_thumb(
    browser: Browser, language: str, width: int, amounts: tuple[str, ...]
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.set_content(_asking_page(language, *amounts))
    boxes = [link.bounding_box() for link in page.locator("a[href*='/give?']").all()]
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert len(boxes) == len(amounts) + 2
    assert all(box is not None and min(box["width"], box["height"]) >= 44 for box in boxes)
    assert scrolled <= width


@pytest.mark.parametrize("kind", ["issue", "asking", "thanks"])
def test_dark_mode_reaches_every_word(browser: Browser, kind: str) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.set_content(_PAGES[kind]())
    dark_on_dark = page.evaluate(
        """() => [...document.querySelectorAll('[role=main] *')]
            .filter(element => [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
            .filter(element => getComputedStyle(element).color === 'rgb(28, 27, 25)')
            .map(element => element.outerHTML.slice(0, 80))"""
    )
    context.close()
    assert dark_on_dark == []
