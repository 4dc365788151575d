"""The page of questions at sign-up in a real browser: for everyone, on every screen, by keyboard."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.factories.readers import make_question
from tests.fixtures.services import OpenTransaction
from tests.web.desk.live import sign_in_by_hand
from tests.web.serving import serve
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser
PAGE = "/desk/readers/questions"


@pytest.fixture
def origin(app: Flask, publisher_account: int, open_transaction: OpenTransaction) -> Iterator[str]:
    """Where the desk answers; one question is asked, one is not."""
    assert publisher_account
    with open_transaction() as session:
        make_question(session, "calling")
        make_question(session, "region", "North", "South", ru="Где вы живёте?").is_asked = False
    with serve(app) as address:
        yield address


def test_a_question_is_added_with_the_keyboard_alone(page: Page, origin: str) -> None:
    sign_in_by_hand(page, origin)
    page.goto(origin + PAGE)
    page.get_by_label("Short name").focus()
    page.keyboard.type("shoe size")
    page.keyboard.press("Tab")
    page.keyboard.type("What is the size of your shoes?")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The question is on every form for signing up.")).to_be_visible()
    expect(page.get_by_role("link", name="What is the size of your shoes?")).to_be_visible()


def test_the_pages_suit_every_screen_and_everybody(page: Page, origin: str) -> None:
    sign_in_by_hand(page, origin)
    page.goto(origin + PAGE)
    assert_suits_every_screen(page)
    page.get_by_role("link", name="Где вы живёте?").click()
    expect(page.get_by_role("heading", level=1, name="Где вы живёте?")).to_be_visible()
    assert_suits_every_screen(page)
