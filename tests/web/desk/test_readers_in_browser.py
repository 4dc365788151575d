"""The pages about readers in a real browser: for everyone, on the narrowest screen, in dark and in light."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.staff.models import AuditEntry
from service.subscribers.models import Subscription
from service.subscribers.states import SubscriptionState
from tests.fixtures.services import OpenTransaction
from tests.web.desk.live import sign_in_by_hand
from tests.web.desk.readership import JANE, Readership
from tests.web.serving import serve
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser


@pytest.fixture
def origin(app: Flask, publisher_account: int, readership: Readership) -> Iterator[str]:
    """Where the desk answers: readers of every kind."""
    assert publisher_account
    assert readership
    with serve(app) as address:
        yield address


@pytest.fixture
def signed_in(origin: str, page: Page) -> tuple[Page, str]:
    """A publisher's page, and where the desk answers."""
    sign_in_by_hand(page, origin)
    return page, origin


def list_paths(readership: Readership) -> list[str]:
    """Return every page about readers, for what is there."""
    return [
        *("", "?search=jane", "?search=nobody", "/add", "/suppressed", "/suppressed?address=forgotten@example.org"),
        *("/suppressed?address=no", "/doors", "/take-along"),
        *(f"/{reader}" for reader in (readership.jane_id, readership.stopped_id, readership.erased_id)),
        f"/{readership.jane_id}/erase",
        f"/suppressed/{readership.suppression_id}",
        f"/suppressed/{readership.complaint_id}",
    ]


def test_every_page_is_for_everyone_and_fits_every_screen(signed_in: tuple[Page, str], readership: Readership) -> None:
    page, origin = signed_in
    for path in list_paths(readership):
        page.goto(f"{origin}/desk/readers{path}")
        assert_suits_every_screen(page)


def test_a_subscription_is_ended_by_keyboard_alone(
    signed_in: tuple[Page, str], readership: Readership, open_transaction: OpenTransaction
) -> None:
    page, origin = signed_in
    page.goto(f"{origin}/desk/readers")
    page.get_by_label("Search").focus()
    page.keyboard.type("jane")
    page.keyboard.press("Enter")
    page.wait_for_url("**search=jane*")  # she is on the page of everybody as well
    page.get_by_role("link", name=JANE).focus()
    page.keyboard.press("Enter")
    page.get_by_label("How they asked").focus()
    page.keyboard.type("By l")
    page.get_by_role("button", name="End it").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It has ended.")).to_be_visible()
    with open_transaction() as session:
        assert session.get_one(Subscription, readership.janes_tie).state is SubscriptionState.UNSUBSCRIBED
        assert session.scalars(select(AuditEntry.action)).all() == [
            "Ended the subscription to Crossings, asked by letter"
        ]


def test_a_double_click_erases_once_and_the_way_must_be_said(
    signed_in: tuple[Page, str], readership: Readership, open_transaction: OpenTransaction
) -> None:
    page, origin = signed_in
    page.goto(f"{origin}/desk/readers/{readership.left_id}")
    page.get_by_role("link", name="Erase this reader…").click()
    page.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("heading", name="Erase left@example.org?")).to_be_visible()
    page.get_by_label("How they asked").select_option(label="By letter")
    page.get_by_role("button", name="Erase for good").dblclick()
    expect(page.get_by_role("heading", name="Erased reader")).to_be_visible()
    with open_transaction() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["Erased the reader, asked by letter"]
