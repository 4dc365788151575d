"""A donor’s pages in a real browser: in by a letter, a change, the card, the stop; without scripts as well."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update

from service.db import transaction
from service.development.fakestripe.fake import FakeStripe
from service.development.ports import find_free_port
from service.donations.models import Donor, RecurringDonation
from service.donations.states import RecurringState
from service.settings import Settings
from service.wiring import Services
from tests.donations.arrangements import find_donor_id, read_recurring, start_recurring
from tests.web.giving.conftest import Donors
from tests.web.giving.visiting import make_link
from tests.web.serving import serve
from tests.web.suiting import assert_suits_everybody

pytestmark = pytest.mark.browser


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[str]:
    """The application on its own port."""
    with serve(app, int(settings.public_url.rpartition(":")[2])) as origin:
        yield origin


def enter(page: Page, site: str, services: Services, donor_id: int) -> None:
    """Open a mailed link and press its button."""
    with transaction(services.factory) as session:
        token = make_link(session, services.signer, donor_id)
    page.goto(f"{site}/giving/enter/{token}")
    page.locator("main button").click()
    page.wait_for_url(f"{site}/giving")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_giver_changes_the_amount_and_the_card_then_stops(
    browser: Browser, site: str, services: Services, fake_stripe: FakeStripe, *, scripts: bool
) -> None:
    recurring_id = start_recurring(services, fake_stripe)
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    enter(page, site, services, find_donor_id(services))
    expect(page.get_by_role("heading", name="$25 every month")).to_be_visible()

    page.get_by_role("link", name="Change $25 every month").click()
    page.get_by_label("Your gift").fill("40")
    page.get_by_role("button", name="Change the amount").click()
    expect(page.get_by_text("The amount is changed.")).to_be_visible()
    expect(page.get_by_role("heading", name="$40 every month")).to_be_visible()

    page.get_by_role("button", name="Change the card").click()
    expect(page).to_have_url(re.compile(f"^{re.escape(fake_stripe.url)}/"))  # the policy let the form lead there
    page.goto(f"{site}/giving")

    page.get_by_role("link", name="Stop $40 every month").click()
    page.get_by_role("button", name="Stop it now").click()
    expect(page.get_by_text("Your gift has stopped, and nothing more will be charged.")).to_be_visible()
    expect(page.get_by_role("link", name="Start again")).to_be_visible()
    assert read_recurring(services, recurring_id).state is RecurringState.ENDED
    context.close()


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
@pytest.mark.parametrize("language", ["en", "ru", "zh"])
def test_every_page_suits_every_screen_and_everybody(
    page: Page,
    site: str,
    services: Services,
    donors: Donors,
    width: int,
    scheme: Literal["dark", "light"],
    language: str,
) -> None:
    with transaction(services.factory) as session:
        session.execute(update(Donor).values(language=language))
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{site}/giving?lang={language}")
    assert_suits_everybody(page)
    enter(page, site, services, donors.grace.donor_id)
    own = f"{site}/giving/recurring/{donors.grace.recurring_id}"
    for path in (f"{site}/giving", own, f"{own}/stop"):
        page.goto(path)
        assert_suits_everybody(page)
    with transaction(services.factory) as session:
        session.execute(update(RecurringDonation).values(state=RecurringState.PAUSED))
    page.goto(own)
    assert_suits_everybody(page)
