"""Case 46: programs that open every link of every mail, scripts and all, confirm nobody and unsubscribe nobody."""

import re
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Browser
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.claiming import Claim
from service.deliveries.lettertexts import write_letter
from service.development.ports import find_free_port
from service.mail.models import Letter, LetterKind
from service.settings import Settings
from service.wiring import Services
from tests.fixtures.services import OpenTransaction
from tests.web.publication import ACTIVE, PENDING, Publication
from tests.web.serving import serve
from tests.web.test_safe_methods import dump

_LINK = re.compile(r"https?://[^\s\"'<>)]+")
# Letters about gifts and to staff lead to no reader's page; every route of theirs is in test_safe_methods.
NOT_TO_READERS = {
    *(LetterKind.RECEIPT, LetterKind.RECEIPT_VOIDED, LetterKind.STATEMENT, LetterKind.GIFT_PENDING),
    *(LetterKind.GIFT_FAILED, LetterKind.RENEWAL_FAILED, LetterKind.RENEWAL_NOTICE, LetterKind.RECURRING_CHANGED),
    *(LetterKind.RECURRING_ENDED, LetterKind.DONOR_SIGN_IN, LetterKind.ALARM),
}
# A fetched pixel or link is noted: that is the one thing that a GET is there to leave behind.
NOTED = frozenset({"hits"})


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The usual settings, at an address that a browser can reach."""
    return replace(settings, public_url=f"http://127.0.0.1:{find_free_port()}")


@pytest.fixture
def links(services: Services, publication: Publication, open_transaction: OpenTransaction) -> list[str]:
    """Every link of ours in a copy of an issue and in every kind of letter to a reader."""
    with open_transaction() as session:
        mails = [*_write_letters(session, services, publication), _write_copy(session, services, publication)]
    ours = services.settings.public_url
    return sorted({link for mail in mails for link in list_links(mail) if link.startswith(ours)})


def list_links(mail: EmailMessage) -> set[str]:
    """Return every address in the headers and texts of a mail."""
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    texts += mail.get_all("List-Unsubscribe", [])
    return {unescape(link) for text in texts for link in _LINK.findall(text)}


def _write_copy(session: Session, services: Services, publication: Publication) -> EmailMessage:
    claim = Claim(
        publication.delivery_id,
        0,
        publication.issue_id,
        publication.subscriptions[ACTIVE],
        ACTIVE,
        is_thanked=False,
        name="Jane",
    )
    content = services.composers.load(session, publication.issue_id).compose(claim).content
    return message_from_bytes(content, policy=policy.default)


def _write_letters(session: Session, services: Services, publication: Publication) -> Iterator[EmailMessage]:
    about = {
        LetterKind.CONFIRM: {"sign_up": publication.sign_up_id},
        LetterKind.ALREADY_SUBSCRIBED: {"sign_up": publication.sign_up_id},
        LetterKind.SELF_SERVICE: {"subscriber": publication.subscriber_id, "asked_at": int(now().timestamp())},
        LetterKind.ADDRESS_OLD: {"change": publication.change_id},
        LetterKind.ADDRESS_NEW: {"change": publication.change_id},
        LetterKind.TEST: {"issue": publication.draft_id},
    }
    assert set(about) == set(LetterKind) - NOT_TO_READERS, "a new kind of letter: say what it is about"
    for kind, each in about.items():
        recipient = ACTIVE if kind is LetterKind.SELF_SERVICE else PENDING
        text = write_letter(session, Letter(kind=kind, recipient=recipient, about=each), services.composers.links)
        head = f"MIME-Version: 1.0\r\nContent-Type: {text.content_type}\r\n\r\n"
        yield message_from_bytes(head.encode() + text.body, policy=policy.default)


def test_the_mails_hold_every_way_that_readers_have(links: list[str]) -> None:
    ways = {re.split(r"[/.]", link.removeprefix("http://").partition("/")[2])[0] for link in links}
    assert {"confirm", "unsubscribe", "view", "c", "o", "preferences", "yours", "address", "preview"} <= ways


@pytest.mark.usefixtures("publication")
def test_case_46_a_scanner_without_scripts_changes_nothing(
    client: FlaskClient, links: list[str], settings: Settings, open_transaction: OpenTransaction
) -> None:
    before = dump(open_transaction, without=NOTED)
    for link in links:
        path = link.removeprefix(settings.public_url)
        for method in ("HEAD", "GET", "GET"):
            assert client.open(path, method=method, buffered=True).status_code < 400, link
    assert dump(open_transaction, without=NOTED) == before


def test_case_46_a_scanner_with_a_real_browser_changes_nothing(
    app: Flask, browser: Browser, links: list[str], settings: Settings, open_transaction: OpenTransaction
) -> None:
    before = dump(open_transaction, without=NOTED)
    context = browser.new_context()
    with serve(app, int(settings.public_url.rpartition(":")[2])):
        for link in links:
            page = context.new_page()
            # What a counted link leads to does not exist on this machine.
            with suppress(PlaywrightError) if "/c/" in link else nullcontext():
                page.goto(link, wait_until="networkidle")
            page.close()
        context.close()
    assert dump(open_transaction, without=NOTED) == before
