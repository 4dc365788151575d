"""A person's data and the optional questions in a real browser: by keyboard, without scripts, for every screen."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from service.subscribers.models import Subscriber
from tests.factories.giving import make_donor
from tests.factories.readers import make_question
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, READER_NAME, Publication
from tests.web.serving import serve
from tests.web.signing_up import A_READERS_PAUSE, FORM, NEW, list_sign_ups
from tests.web.suiting import assert_suits_everybody

pytestmark = pytest.mark.browser
WHERE = {
    "en": "In which part of the world do you live for most of the year?",
    "ru": "В какой части света вы живёте большую часть года?",
    "de": "In welchem Weltteil leben Sie den größten Teil des Jahres?",
}


@pytest.fixture
def site(app: Flask, publication: Publication, open_transaction: OpenTransaction) -> Iterator[str]:
    """The address of the application, which asks two questions; the publication's reader has given too."""
    with open_transaction() as session:
        make_question(session, "calling")
        make_question(session, "region", "North", "South", **WHERE)
        make_donor(session, ACTIVE, READER_NAME)
        session.get_one(Subscriber, publication.subscriber_id).fields = {"region": "East"}
    with serve(app) as origin:
        yield origin


@pytest.fixture
def link(site: str, publication: Publication) -> str:
    """The reader's own link."""
    return f"{site}/yours/{publication.self_service_token}"


def test_a_reader_answers_and_takes_an_answer_back_with_the_keyboard_alone(
    page: Page, link: str, publication: Publication, look_up: LookUp
) -> None:
    page.goto(link)
    page.get_by_label("Calling").focus()
    page.keyboard.type("Bell founder")
    page.keyboard.press("Tab")
    page.keyboard.press("Home")  # no answer
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("We have kept your answers.")).to_be_visible()
    expect(page.get_by_label("Calling")).to_have_value("Bell founder")
    fields = look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).fields)
    assert fields == {"calling": "Bell founder"}


def test_a_reader_takes_the_file_and_is_erased_with_the_keyboard_alone_and_without_scripts(
    browser: Browser, link: str, publication: Publication, look_up: LookUp, tmp_path: Path
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(link)
    page.get_by_role("link", name="Download all of it").focus()
    with page.expect_download() as taken:
        page.keyboard.press("Enter")
    taken.value.save_as(tmp_path / "data.json")
    assert taken.value.suggested_filename.startswith("own-data-")
    assert json.loads((tmp_path / "data.json").read_text())["person"]["address"] == ACTIVE
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Erase all that we know of you?")).to_be_visible()
    page.get_by_role("button", name="Yes, erase all of this").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your data is erased")).to_be_visible()
    expect(page.get_by_text("the law asks us to keep our books")).to_be_visible()
    assert look_up(lambda session: session.get_one(Subscriber, publication.subscriber_id).address) == ""
    context.close()


def test_a_sign_up_with_an_answer_needs_no_script(browser: Browser, site: str, look_up: LookUp) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site + FORM)
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_label(WHERE["en"]).select_option("South")
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    assert [row.fields for row in list_sign_ups(look_up)] == [{"region": "South"}]
    context.close()


@pytest.mark.parametrize("language", ["en", "ru", "zh", "de"])
@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_every_page_suits_every_screen_and_everybody(
    page: Page, site: str, link: str, language: str, width: int, scheme: Literal["dark", "light"]
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for path in (site + FORM, f"{site}{FORM}/embed", link, f"{link}/erase"):
        page.goto(f"{path}?lang={language}")
        expect(page.locator("html")).to_have_attribute("lang", language)
        assert_suits_everybody(page)
    with page.expect_navigation():
        page.get_by_role("main").get_by_role("button").click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    assert_suits_everybody(page)
