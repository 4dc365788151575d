"""Sign-ups in a real browser: the sum under attack, a form on another site, several newsletters."""

from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect

from service.subscribers.signup_models import Door
from service.wiring import Services
from tests.factories.publication import make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.conftest import LookUp
from tests.web.serving import serve
from tests.web.signing_up import A_READERS_PAUSE, FORM, NEW, list_sign_ups, set_rules
from tests.web.suiting import assert_suits_everybody

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("publication")]


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    """The address of the application."""
    with serve(app) as origin:
        yield origin


def test_under_attack_the_browser_does_its_sum_and_the_person_only_waits(
    page: Page, site: str, services: Services, look_up: LookUp
) -> None:
    set_rules(services, asks_for_work=True)
    page.goto(site + FORM)
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible(timeout=60_000)
    assert [row.address for row in list_sign_ups(look_up)] == [NEW]


def test_a_form_that_was_sent_too_soon_is_sent_again_with_one_press(
    page: Page, site: str, look_up: LookUp, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patience:
        patience.setattr("service.visitors.form_age.YOUNGEST", timedelta(hours=1))  # however slow this machine is
        page.goto(site + FORM)
        page.get_by_label("E-mail address").fill(NEW)
        page.get_by_role("button", name="Subscribe").click()
        expect(page.get_by_text("That was very quick")).to_be_visible()
        assert_suits_everybody(page)
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    assert len(list_sign_ups(look_up)) == 1


def test_a_form_on_another_site_leads_to_ours_where_one_press_signs_up(
    page: Page, site: str, client: FlaskClient, look_up: LookUp
) -> None:
    shown = client.get(f"{FORM}/embed").text
    snippet = unescape(shown.split("<textarea", 1)[1].split(">", 1)[1].split("</textarea>", 1)[0])
    page.set_content(f"<p>A blog</p>{snippet.replace(PUBLIC_URL, site)}")
    assert page.get_by_label("Leave this field empty").is_hidden()
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_url(f"{site}/**")
    expect(page.get_by_label("E-mail address")).to_have_value(NEW)
    assert list_sign_ups(look_up) == []
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    assert [(row.address, row.door) for row in list_sign_ups(look_up)] == [(NEW, Door.ELSEWHERE)]


def test_several_newsletters_are_chosen_with_the_keyboard_alone(
    page: Page, site: str, open_transaction: OpenTransaction, look_up: LookUp
) -> None:
    with open_transaction() as session:
        make_newsletter(session, "harbours", "Small Harbours")
    page.goto(f"{site}/subscribe")
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("Crossings").focus()
    for key in ("Space", "Tab", "Space", "Tab"):
        page.keyboard.press(key)
    page.keyboard.type(NEW)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    expect(page.get_by_text("Small Harbours")).to_be_visible()
    assert_suits_everybody(page)
    assert [len(row.newsletter_ids) for row in list_sign_ups(look_up)] == [2]
