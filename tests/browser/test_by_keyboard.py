"""A reader's whole way by keyboard alone, with scripts and without: from the first sign-up to the second."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from service.development.ports import find_free_port
from service.languages.catalogues import load
from service.settings import Settings
from service.subscribers.models import Subscription
from service.subscribers.states import LeaveReason, SubscriptionState
from service.tokens import Purpose
from service.wiring import Services
from tests.browser.letters import deliver_letters
from tests.factories.publication import make_newsletter
from tests.fixtures.services import OpenTransaction
from tests.fixtures.smtp import SmtpSink
from tests.web.serving import serve
from tests.web.signing_up import A_READERS_PAUSE, NEW, handle_sign_ups
from tests.web.suiting import wait_until_whole

FURTHEST = 60  # presses of the Tab key: no page of a reader has as many controls
FOCUSED = """() => {
    const part = document.activeElement;
    return (part.labels?.[0] ?? part).textContent.trim();
}"""


@dataclass
class Reader:
    """Somebody with a keyboard and no mouse, who reads one language."""

    page: Page
    language: str
    name: str

    def words(self, sentence: str) -> str:
        """Return what the page says for an English sentence of the catalogues."""
        return load(self.language).gettext(sentence).replace("%(newsletter)s", self.name)

    def tab_to(self, sentence: str) -> None:
        """Press Tab until the control with these words has the focus."""
        wanted = self.words(sentence)
        for _ in range(FURTHEST):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED).startswith(wanted):
                return
        raise AssertionError(f"the keyboard comes to no “{wanted}” at {self.page.url}")

    def press(self, sentence: str) -> None:
        """Come to a button or link and press Enter."""
        self.tab_to(sentence)
        self.page.keyboard.press("Enter")

    def choose_next(self, sentence: str) -> None:
        """Come to a list, take its next line and press the button behind it."""
        self.tab_to(sentence)
        for key in ("ArrowDown", "Tab", "Enter"):
            self.page.keyboard.press(key)

    def sees(self, sentence: str) -> None:
        """Wait until the page says this and is whole: on half a page the Tab key comes to nothing."""
        expect(self.page.get_by_text(self.words(sentence)).first).to_be_visible()
        wait_until_whole(self.page)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def site(app: Flask, settings: Settings) -> Iterator[str]:
    """The address of the application."""
    with serve(app, int(settings.public_url.rpartition(":")[2])):
        yield settings.public_url


@pytest.mark.parametrize(("language", "has_scripts"), [("en", True), ("ru", False)], ids=["scripts", "no scripts"])
def test_a_reader_comes_rests_leaves_and_comes_back_by_keyboard(
    browser: Browser,
    site: str,
    services: Services,
    open_transaction: OpenTransaction,
    smtp_sink: SmtpSink,
    language: str,
    *,
    has_scripts: bool,
) -> None:
    with open_transaction() as session:
        make_newsletter(session)
    page = browser.new_page(locale=language, java_script_enabled=has_scripts)
    reader = Reader(page, language, "Crossings")

    page.goto(f"{site}/")
    _sign_up(reader)
    page.goto(_find_link(services, smtp_sink, "confirm", letters=1))
    reader.press("Yes, send me “%(newsletter)s”")
    reader.sees("You are subscribed")

    page.goto(f"{site}/preferences/{_sign_choices(services, open_transaction)}")
    reader.choose_next("Pause it")
    reader.sees("The pause has begun.")
    reader.press("End the pause")
    reader.sees("The pause is over.")
    reader.choose_next("How often")
    reader.sees("We will keep to that.")
    reader.press("Unsubscribe")
    reader.sees("Keep it")
    reader.press("Unsubscribe")
    reader.sees("You are unsubscribed")
    reader.tab_to("Too many mails")
    page.keyboard.press("Space")
    reader.press("Send")
    reader.sees("Thank you for telling us. Somebody here will read it.")

    reader.press("Sign up again")
    page.wait_for_url("**/subscribe")
    _sign_up(reader)
    page.goto(_find_link(services, smtp_sink, "confirm", letters=2))
    reader.press("Yes, send me “%(newsletter)s”")
    reader.sees("You are subscribed")
    page.close()
    with open_transaction() as session:
        kept = session.scalars(select(Subscription)).one()
        assert (kept.state, kept.ended_reason) == (SubscriptionState.ACTIVE, LeaveReason.TOO_MANY)


def _sign_up(reader: Reader) -> None:
    reader.tab_to("E-mail address")
    reader.page.wait_for_timeout(A_READERS_PAUSE)
    reader.page.keyboard.type(NEW)
    reader.page.keyboard.press("Enter")
    reader.sees("Look in your inbox")


def _find_link(services: Services, sink: SmtpSink, page: str, *, letters: int) -> str:
    """Do what workers do, and return the link to a page of the last of so many letters."""
    handle_sign_ups(services)
    deliver_letters(services)
    assert len(sink.messages) == letters
    found = re.search(rf"http://127\S+/{page}/\S+", sink.messages[-1].text)
    assert found
    return found[0]


def _sign_choices(services: Services, open_transaction: OpenTransaction) -> str:
    with open_transaction() as session:
        reader = session.scalars(select(Subscription.subscriber_id)).one()
    return services.signer.sign(Purpose.PREFERENCES, reader, 0)
