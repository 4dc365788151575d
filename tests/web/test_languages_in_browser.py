"""Readers’ pages in every language on the narrowest screen, and turned around for a language from the right."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, ViewportSize, expect

from service.languages.choosing import LANGUAGES
from tests.web.publication import Publication
from tests.web.serving import serve
from tests.web.suiting import assert_suits_everybody

NARROWEST: ViewportSize = {"width": 320, "height": 800}  # WCAG 2.2, 1.4.10
# A part of the page that starts before its edge can't be scrolled to, so the page's width does not tell of it.
CUT_OFF = """[...document.querySelectorAll("main *, header *, footer *")]
    .filter((part) => part.checkVisibility() && !part.closest(".visually-hidden, svg"))
    .filter((part) => part.getBoundingClientRect().left < -1 || part.getBoundingClientRect().right > innerWidth + 1)
    .map((part) => part.outerHTML.slice(0, 200))"""


def list_paths(publication: Publication) -> list[str]:
    """Return every page that a reader comes to."""
    return [
        *("/", "/crossings/subscribe", "/subscribe", "/crossings/archive/", "/crossings/archive/1-1", "/yours"),
        f"/confirm/{publication.confirm_token}",
        f"/confirm/sign-up/{publication.sign_up_token}",
        f"/unsubscribe/{publication.unsubscribe_token}",
        f"/preferences/{publication.preferences_token}",
        f"/yours/{publication.self_service_token}",
    ]


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the application."""
    with serve(app) as origin:
        yield origin


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_room_in_every_language(page: Page, site: str, publication: Publication, language: str) -> None:
    page.set_viewport_size(NARROWEST)
    for path in list_paths(publication):
        page.goto(f"{site}{path}?lang={language}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert page.evaluate(CUT_OFF) == [], path


def test_every_page_can_be_turned_around(page: Page, app: Flask, site: str, publication: Publication) -> None:
    app.jinja_env.globals["direction_of"] = lambda _language: "rtl"
    page.set_viewport_size(NARROWEST)
    for path in list_paths(publication):
        page.goto(site + path)
        expect(page.locator("html")).to_have_css("direction", "rtl")
        assert page.evaluate(CUT_OFF) == [], path


def test_a_reader_takes_another_language_with_the_keyboard(page: Page, site: str, publication: Publication) -> None:
    page.goto(f"{site}/unsubscribe/{publication.unsubscribe_token}")
    page.get_by_role("navigation", name="Language").get_by_role("link", name="Русский").focus()
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    expect(page.get_by_role("button", name="Отписаться")).to_be_visible()
    assert_suits_everybody(page)
    page.get_by_role("link", name="Подписаться").click()
    expect(page.get_by_label("Адрес электронной почты")).to_be_visible()
    assert_suits_everybody(page)
