"""Past issues in a real browser: from the file to the public page, for everyone, on any screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from service.issues.past.running import run_archive
from tests.fixtures.services import OpenTransaction
from tests.issues.past.exports import write_substack
from tests.web.desk.browsing import Stock
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser


def test_from_the_file_to_the_public_page_and_back(
    signed_in: Page, stock: Stock, open_transaction: OpenTransaction, tmp_path: Path
) -> None:
    assert stock
    page, factory = signed_in, open_transaction.services.factory
    page.reload()  # what is in stock came after the sign-in
    page.get_by_role("link", name="Past issues").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bring in past issues")
    assert_suits_every_screen(page)
    page.get_by_label("The archive").set_input_files(write_substack(tmp_path / "export.zip"))
    page.get_by_role("button", name="Look it through").click()
    expect(page.get_by_text("Being looked through")).to_be_visible()
    run_archive(factory, int(page.url.rsplit("/", 1)[1]))
    expect(page.get_by_role("button", name="Bring in 3 past issues")).to_be_visible()  # the page looks by itself
    assert_suits_every_screen(page)
    archive = page.url
    page.get_by_role("button", name="Bring in 3 past issues").click()
    expect(page.get_by_text("Being brought in")).to_be_visible()
    run_archive(factory, int(archive.rsplit("/", 1)[1]))
    expect(page.get_by_text("3 past issues stand in the public archive")).to_be_visible()
    assert_suits_every_screen(page)
    page.get_by_role("link", name="The second log").click()
    expect(page.get_by_role("link", name="In the archive")).to_be_visible()
    assert_suits_every_screen(page)
    page.get_by_role("link", name="In the archive").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The second log")
    assert_suits_every_screen(page)
    page.goto(f"{archive}/take-back")
    assert_suits_every_screen(page)
    page.get_by_role("button", name="Delete 3 past issues").click()
    expect(page.get_by_text("is taken back with 3 past issues")).to_be_visible()
    assert_suits_every_screen(page)
