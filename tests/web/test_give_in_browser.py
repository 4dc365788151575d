"""Giving in a real browser: with and without scripts, on every screen, in every language, to the thanks."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from service.clock import now
from service.development.fakestripe.fake import FakeStripe
from service.development.ports import find_free_port
from service.donations.funds import add_fund
from service.donations.giftform import cover_of
from service.donations.models import Attempt
from service.donations.settlement import Settlement
from service.donations.states import AttemptState
from service.money import parse_amount, write_amount
from service.organisation.models import Organisation
from service.settings import Settings
from service.wiring import Services
from tests.factories.giving import make_fund, make_organisation
from tests.fixtures.services import OpenTransaction
from tests.web.conftest import LookUp
from tests.web.serving import serve
from tests.web.suiting import assert_suits_everybody

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("fake_stripe")]
GIVER = "ada.giver.who.has.a.long.address@letters.example.org"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def site(app: Flask, settings: Settings, open_transaction: OpenTransaction) -> Iterator[str]:
    """The address of the application; its organisation has two open funds."""
    with open_transaction() as session:
        make_organisation(session).disclosure = "A copy of our report may be had from us in writing."
        make_fund(session)
        add_fund(session, "travel", "Travel grants", description="Sends two young reporters across the border.")
    with serve(app, int(settings.public_url.rpartition(":")[2])) as origin:
        yield origin


def settle(services: Services, look_up: LookUp) -> None:
    """Do what a worker would for the last attempt."""
    assert services.gateway is not None
    attempt_id = look_up(lambda session: session.scalars(select(Attempt.id).order_by(Attempt.id.desc())).first())
    Settlement(services.factory, services.gateway).sync_attempt(attempt_id)


def fill_in(page: Page) -> None:
    """Fill in the form as a person does, in two seconds and a bit."""
    page.get_by_label("Name", exact=True).fill("Ada Giver")
    page.get_by_label("E-mail address").fill(GIVER)
    page.wait_for_timeout(2100)  # a form that comes back faster is no person's


def test_a_giver_gives_and_is_thanked_when_the_money_has_come(
    page: Page, site: str, fake_stripe: FakeStripe, services: Services, look_up: LookUp
) -> None:
    page.goto(f"{site}/give")
    page.get_by_role("radio", name="Monthly").check()
    page.get_by_role("radio", name="Other amount").check()
    page.get_by_label("Your amount in USD").fill("12.50")
    page.get_by_label("Cover the card fee too").check()
    expect(page.get_by_text("You give $13.19 now, and every month until you stop.")).to_be_visible()
    fill_in(page)
    page.get_by_role("button", name="Continue to payment").click()
    page.wait_for_url(f"{fake_stripe.url}/**")

    attempt = look_up(lambda session: session.scalars(select(Attempt)).one())
    assert (attempt.amount_minor, attempt.fee_cover_minor) == (1250, 69)
    page.goto(fake_stripe.pay(attempt.session_id, name="Ada Giver"))
    expect(page.get_by_role("heading", name="Just a moment")).to_be_visible()
    settle(services, look_up)
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()  # by itself, without a press
    expect(page.get_by_text(f"The receipt goes to {GIVER}.")).to_be_visible()
    expect(page.get_by_text("$13.19 every month")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 800})
    assert_suits_everybody(page)


def test_a_giver_who_goes_back_finds_the_form_as_it_was(page: Page, site: str, fake_stripe: FakeStripe) -> None:
    page.goto(f"{site}/give?amount=7500")
    page.get_by_role("radio", name="Travel grants").check()
    fill_in(page)
    page.get_by_role("button", name="Continue to payment").click()
    page.wait_for_url(f"{fake_stripe.url}/**")
    page.goto(f"{site}/give/back?amount=7500&fund=travel&lang=en")
    page.get_by_role("link", name="Back to the form").click()
    expect(page.get_by_label("Your amount in USD")).to_have_value("75.00")
    expect(page.get_by_role("radio", name="Travel grants")).to_be_checked()
    expect(page.get_by_label("E-mail address")).to_have_value(GIVER)


def test_giving_needs_no_script(browser: Browser, site: str, fake_stripe: FakeStripe, look_up: LookUp) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/give")
    expect(page.get_by_label("Your amount in USD")).to_be_hidden()
    page.get_by_role("radio", name="Other amount").check()
    page.get_by_label("Your amount in USD").fill("42")
    page.get_by_text("Give in honor or in memory").click()
    page.get_by_label("This gift is").select_option("in memory of")
    page.get_by_label("Their name").fill("Leo")
    fill_in(page)
    page.get_by_role("button", name="Continue to payment").click()
    page.wait_for_url(f"{fake_stripe.url}/**")
    attempt = look_up(lambda session: session.scalars(select(Attempt)).one())
    assert (attempt.amount_minor, attempt.tribute_kind, attempt.tribute_name) == (4200, "memory", "Leo")
    assert attempt.state is AttemptState.OPEN
    context.close()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_what_is_wrong_is_said_at_its_field_to_everybody(browser: Browser, site: str, *, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts)  # unwatched: the browser logs every 422
    page = context.new_page()
    page.goto(f"{site}/give")
    page.get_by_role("radio", name="Other amount").check()
    page.get_by_label("Your amount in USD").fill("4,99")
    page.get_by_label("E-mail address").fill("ada at example")
    page.get_by_role("button", name="Continue to payment").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was charged.")
    amount, address = page.get_by_label("Your amount in USD"), page.get_by_label("E-mail address")
    expect(amount).to_have_value("4,99")
    expect(amount).to_have_accessible_description(
        "From $5 to $25,000. Please write the amount in digits, such as 50 or 12.50."
    )
    expect(address).to_have_value("ada at example")
    expect(page.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    if scripts:
        assert_suits_everybody(page)
    context.close()


def test_the_script_counts_as_our_server_does(page: Page, site: str, look_up: LookUp) -> None:
    organisation: Organisation = look_up(lambda session: session.get_one(Organisation, 1))
    page.goto(f"{site}/give")
    page.get_by_role("radio", name="Other amount").check()
    page.get_by_label("Cover the card fee too").check()
    for typed in ("5", "5.01", "12.5", "33.33", "$99.99", "1,000", "2048.07", "24999.99", "25000"):
        page.get_by_label("Your amount in USD").fill(typed)
        minor = parse_amount(typed)
        added = cover_of(organisation, minor)
        amount, total = write_amount(minor, short=True), write_amount(minor + added, short=True)
        expect(page.locator("[data-cover]")).to_have_text(f"Adds {write_amount(added)} to a gift of {amount}.")
        expect(page.locator("[data-sum]")).to_have_text(f"You give {total}, once.")
    for typed in ("", "12,5", "1e3", "12.345", "-5"):
        page.get_by_label("Your amount in USD").fill(typed)
        expect(page.locator("[data-sum]")).to_be_hidden()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_every_page_suits_every_screen_language_and_everybody(
    page: Page, site: str, open_transaction: OpenTransaction, width: int, scheme: Literal["dark", "light"]
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    for language in ("en", "ru", "zh"):
        for path in ("/give?amount=7550&", "/give/thanks?session_id=x&", "/give/back?amount=5000&"):
            page.goto(f"{site}{path}lang={language}")
            for summary in page.locator("summary").all():
                summary.click()
            assert_suits_everybody(page)
    with open_transaction() as session:
        session.get_one(Organisation, 1).giving_paused_at = now()
    page.goto(f"{site}/give")
    expect(page.get_by_role("heading", name="Giving is paused")).to_be_visible()
    assert_suits_everybody(page)


def test_the_keyboard_alone_is_enough(page: Page, site: str) -> None:
    page.goto(f"{site}/give")
    page.get_by_role("radio", name="Once").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Monthly")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="$100")).to_be_checked()
