"""The finance desk in a real browser: every page for everyone, on the narrowest screen, and what its forms promise."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from service.donations.models import Donation
from service.receipts.statements import prepare_statements
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf, ask_for_refund
from tests.web.desk.live import sign_in_by_hand
from tests.web.serving import serve
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(
    app: Flask, publisher_account: int, treasurer_account: int, shelf: Shelf, open_transaction: OpenTransaction
) -> Iterator[str]:
    """Where the desk answers: rich books, a refund that waits, drafted statements."""
    assert publisher_account
    with open_transaction() as session:
        ask_for_refund(session, shelf.large_gift_id, treasurer_account)
        prepare_statements(session, 2026)
    with serve(app) as address:
        yield address


@pytest.fixture
def signed_in(origin: str, page: Page) -> tuple[Page, str]:
    """A publisher's page, and where the desk answers."""
    sign_in_by_hand(page, origin)
    return page, origin


def list_paths(shelf: Shelf) -> list[str]:
    """Return every page of the finance desk."""
    return [
        *("gifts", "gifts/offline", "recurring", "refunds", "disputes", "donors", "totals", "statements?year=2026"),
        *("reconciliation", "export", "funds", "organisation"),
        *(f"gifts/{gift}" for gift in (shelf.gift_id, shelf.large_gift_id, shelf.disputed_gift_id)),
        f"gifts/{shelf.gift_id}/void",
        f"recurring/{shelf.failing_id}",
        f"donors/{shelf.donor_id}",
        f"funds/{shelf.fund_id}",
    ]


def test_every_page_is_for_everyone_and_fits_every_screen(signed_in: tuple[Page, str], shelf: Shelf) -> None:
    page, origin = signed_in
    for path in list_paths(shelf):
        page.goto(f"{origin}/desk/{path}")
        assert_suits_every_screen(page)


def test_a_double_click_enters_one_check(
    signed_in: tuple[Page, str], shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    page, origin = signed_in
    page.goto(f"{origin}/desk/gifts/offline")
    page.get_by_label("Giver’s name").fill("Iris Inkwell")
    page.get_by_label("Giver’s e-mail address").fill("iris@example.org")
    page.get_by_label("Amount").fill("250")
    page.get_by_label("Reference").fill("1042")
    page.get_by_role("button", name="Enter the gift").dblclick()
    expect(page.get_by_role("heading", name="$250.00 from Iris Inkwell")).to_be_visible()
    with open_transaction() as session:
        entered = select(func.count(Donation.id)).where(Donation.offline_id.is_not(None))
        assert session.scalar(entered) == 1
    assert shelf


def test_a_second_person_agrees_by_keyboard_alone(signed_in: tuple[Page, str], shelf: Shelf) -> None:
    page, origin = signed_in
    assert shelf
    page.goto(f"{origin}/desk/refunds")
    page.get_by_role("button", name="Agree, and pay back $600.00").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is being paid back")).to_be_visible()
    expect(page.get_by_text("Nothing waits.")).to_be_visible()
