"""The language of a reader’s page, taken by hand."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.web.publication import Publication
from tests.web.serving import serve
from tests.web.suiting import assert_suits_everybody


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the application."""
    with serve(app) as origin:
        yield origin


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
