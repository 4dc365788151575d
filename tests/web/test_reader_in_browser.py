"""Readers’ pages in a real browser: the whole way from the form to the confirmation. How they look: the gallery’s."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select

from service.development.children import Child
from service.development.ports import find_free_port
from service.development.programs import make_web
from service.settings import Settings
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import LeaveReason, SubscriptionState
from service.wiring import Services
from tests.browser.letters import deliver_letters
from tests.web.conftest import LookUp
from tests.web.publication import ACTIVE, Publication
from tests.web.signing_up import A_READERS_PAUSE, handle_sign_ups
from tests.web.suiting import assert_suits_everybody

pytestmark = pytest.mark.browser
NEW = "new.reader@example.org"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def site(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """The address of the application, served as `postrider run` serves it."""
    environment = {
        **os.environ,
        "POSTRIDER_ENV": settings.environment,
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEY": ",".join(settings.secret_keys),
        "PUBLIC_URL": settings.public_url,
        "SMTP_URL": settings.routes[0].url,
        "INBOX_DIR": str(settings.inbox_dir),
    }
    port = int(settings.public_url.rpartition(":")[2])
    server = Child(replace(make_web(environment, port), log=tmp_path / "web.log"))
    server.wait_until_ready()
    yield settings.public_url
    server.stop()


@pytest.mark.usefixtures("publication")
def test_a_reader_signs_up_finds_the_letter_and_confirms(
    page: Page, site: str, services: Services, look_up: LookUp
) -> None:
    page.goto(site)
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    handle_sign_ups(services)

    page.get_by_role("link", name="its inbox").click()
    expect(page.get_by_text("No mail yet")).to_be_visible()
    deliver_letters(services)
    page.get_by_role("listitem").filter(has_text=NEW).get_by_role("link").click()  # it comes without reloading

    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link").first.click()
    confirmation = opened.value
    confirmation.get_by_role("button", name="Yes, send me “Crossings”").click()
    expect(confirmation.get_by_role("heading", name="You are subscribed")).to_be_visible()
    states = select(Subscription.state).join(Subscription.subscriber).where(Subscriber.address == NEW)
    assert look_up(lambda session: session.scalars(states).one()) is SubscriptionState.ACTIVE


def test_a_reader_leaves_and_says_why(page: Page, site: str, publication: Publication, look_up: LookUp) -> None:
    page.goto(f"{site}/unsubscribe/{publication.unsubscribe_token}")
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()
    assert_suits_everybody(page)
    page.get_by_label("Too many mails").check()
    page.get_by_label("In your own words").fill("Once a month would do.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    kept = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert (kept.ended_reason, kept.ended_note) == (LeaveReason.TOO_MANY, "Once a month would do.")


def test_a_reader_pauses_instead_with_the_keyboard_alone(
    page: Page, site: str, publication: Publication, look_up: LookUp
) -> None:
    page.goto(f"{site}/unsubscribe/{publication.unsubscribe_token}")
    page.get_by_label("Pause it").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The pause has begun.")).to_be_visible()
    assert_suits_everybody(page)
    kept = look_up(lambda session: session.get_one(Subscription, publication.subscriptions[ACTIVE]))
    assert kept.paused_until is not None
    page.get_by_role("button", name="End the pause").click()
    expect(page.get_by_text("The pause is over.")).to_be_visible()


def test_who_was_passed_a_copy_is_led_to_a_letter_and_not_to_the_way_out(
    page: Page, site: str, publication: Publication, services: Services
) -> None:
    page.goto(f"{site}/view/{publication.view_token}")
    page.get_by_role("link", name="Unsubscribe").first.click()
    page.get_by_label("E-mail address").fill(ACTIVE)
    page.get_by_role("button", name="Mail me the link").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    deliver_letters(services)
    page.goto(f"{site}/dev/inbox")
    page.get_by_role("listitem").filter(has_text=ACTIVE).get_by_role("link").click()
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_role("link").first.click()
    own = opened.value
    expect(own.get_by_role("heading", name=ACTIVE)).to_be_visible()
    own.get_by_role("textbox", name="Name").fill("Jane")
    own.get_by_role("button", name="Save").click()
    expect(own.get_by_text("From now on we call you so.")).to_be_visible()


@pytest.mark.usefixtures("publication")
def test_a_wrong_address_is_said_beside_the_field_and_kept(browser_context: BrowserContext, site: str) -> None:
    page = browser_context.new_page()  # unwatched: the browser logs every 422
    page.goto(f"{site}/crossings/subscribe")
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill("jane at example")
    page.get_by_role("button", name="Subscribe").click()
    field = page.get_by_label("E-mail address")
    expect(field).to_have_value("jane at example")
    expect(field).to_have_accessible_description("An e-mail address has no spaces or control characters in it.")
    assert_suits_everybody(page)


@pytest.mark.usefixtures("publication")
def test_signing_up_needs_no_script(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look in your inbox")).to_be_visible()
    assert context.cookies() == []
    context.close()


def test_the_inbox_of_this_machine_suits_everybody(page: Page, site: str) -> None:
    page.goto(f"{site}/dev/inbox")
    assert_suits_everybody(page)
