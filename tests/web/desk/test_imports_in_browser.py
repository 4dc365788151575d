"""A file of readers from the form to its undoing, by a person at a real browser, on a phone and on a desk."""

from io import BytesIO
from pathlib import Path
from typing import Final
from zipfile import ZipFile

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from service.wiring import Services
from tests.fixtures.services import PublishedJobs
from tests.web.desk.browsing import Stock, open_desk
from tests.web.desk.importing import STATEMENT, Door
from tests.web.desk.live import sign_in_by_hand
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser

MAILCHIMP: Final = "Email Address,First Name,Last Name,LEID,EUID\n"
UNKNOWN: Final = "Wer,Wohin\nАнна,anna@x.org\nBob,bob@x.org\nCy,nobody\n"


@pytest.fixture
def door(app: Flask, publisher_account: int, stock: Stock, services: Services, published_jobs: PublishedJobs) -> Door:
    """The worker behind the door."""
    assert stock
    return Door(open_desk(app, publisher_account), services.factory, published_jobs)


@pytest.fixture
def list_file(tmp_path: Path) -> Path:
    """A file whose columns nobody can know."""
    path = tmp_path / "Лист читателей, весна 2026 (последний вариант, проверено).csv"
    path.write_text(UNKNOWN)
    return path


def test_a_file_goes_from_the_form_to_its_undoing(origin: str, door: Door, page: Page, list_file: Path) -> None:
    sign_in_by_hand(page, origin)
    page.goto(f"{origin}/desk/readers/imports")
    assert_suits_every_screen(page)
    page.get_by_role("link", name="Bring in a file").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bring in a file of readers")
    assert_suits_every_screen(page)
    page.get_by_label("How did these people agree to it?").fill(STATEMENT)
    page.get_by_label("The file").set_input_files(list_file)
    page.get_by_role("button", name="Look at it").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("What do the columns hold?")
    assert_suits_every_screen(page)
    page.get_by_label("E-mail address").select_option("Wohin")
    page.get_by_label("Name", exact=True).select_option("Wer")
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_text("Waiting to be read")).to_be_visible()
    assert_suits_every_screen(page)
    door.work()
    expect(page.get_by_text("This was a dry run. Nobody has come in yet.")).to_be_visible()  # by itself
    expect(page.get_by_text("An e-mail address has exactly one @.").first).to_be_visible()
    assert_suits_every_screen(page)
    page.get_by_role("button", name="Bring them in").click()
    expect(page.get_by_text("Waiting to be read")).to_be_visible()
    door.work()
    expect(page.get_by_role("link", name="Undo…")).to_be_visible()
    assert door.people() == {"anna@x.org": "active", "bob@x.org": "active"}
    assert_suits_every_screen(page)
    page.goto(f"{origin}/desk/readers/imports")
    assert_suits_every_screen(page)
    page.go_back()
    page.get_by_role("link", name="Undo…").click()
    expect(page.get_by_text("as if they had never come")).to_be_visible()
    assert_suits_every_screen(page)
    page.get_by_role("button", name="Undo the import").click()
    expect(page.get_by_text("Being undone").first).to_be_visible()
    door.work()
    expect(page.get_by_text("Undone", exact=True)).to_be_visible()
    assert door.people() == {}
    assert_suits_every_screen(page)


def test_a_file_in_every_state_is_for_everyone(origin: str, door: Door, page: Page) -> None:
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in ("subscribed_1.csv", "unsubscribed_1.csv", "cleaned_1.csv"):
            rows = "".join(f"reader{number}.of.{name}@a-long-domain.example.org,,,,\n" for number in range(120))
            archive.writestr(name, f"{MAILCHIMP}{rows}nobody,,,,\n")
    several = door.bring(packed.getvalue(), "audience.zip")
    stopped = door.bring(b"email\nann@x.org\n" + b"x" * 1_100_000)
    guessed = door.bring("email,name\nanna@x.org,Анна Ахматова\n".encode("windows-1251"))
    door.work()
    waiting = door.bring("email\nann@x.org\n")
    nameless = door.bring(f"{MAILCHIMP}ann@x.org,Ann,Lee,1,2\n", "audience.csv")
    wrong = door.send("%PDF", "list.pdf")
    assert wrong.status_code == 422
    sign_in_by_hand(page, origin)
    lists = [f"/desk/readers/imports/{int(several.rpartition('/')[2]) + number}" for number in range(3)]
    for path in (*lists, stopped, guessed, waiting, nameless, f"{lists[2]}?outcome=suppressed&after=50"):
        page.goto(origin + path)
        assert_suits_every_screen(page)


def test_a_file_that_is_too_large_is_told_before_it_is_sent(
    origin: str, door: Door, page: Page, list_file: Path
) -> None:
    sign_in_by_hand(page, origin)
    page.goto(f"{origin}/desk/readers/imports/new")
    page.get_by_label("How did these people agree to it?").fill(STATEMENT)
    page.locator("[data-largest]").evaluate("box => { box.dataset.largest = 10; }")
    page.get_by_label("The file").set_input_files(list_file)
    page.get_by_role("button", name="Look at it").click()
    assert "larger than 200 megabytes" in page.get_by_label("The file").evaluate("input => input.validationMessage")
    assert page.url.endswith("/new")
    assert door.imports() == []


def test_everything_works_without_scripts(origin: str, door: Door, browser: Browser, page: Page) -> None:
    assert page
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    sign_in_by_hand(plain, origin)
    plain.goto(f"{origin}/desk/readers/imports/new")
    plain.get_by_label("How did these people agree to it?").fill(STATEMENT)
    file = {"name": "list.csv", "mimeType": "text/csv", "buffer": b"email\nann@x.org\n"}
    plain.get_by_label("The file").set_input_files(file)  # type: ignore[arg-type] # a dict is a FilePayload
    plain.get_by_role("button", name="Look at it").click()
    expect(plain.get_by_text("Waiting to be read")).to_be_visible()
    door.work()
    plain.get_by_role("link", name="Look again").click()
    plain.get_by_role("button", name="Bring them in").click()
    expect(plain.get_by_text("Waiting to be read")).to_be_visible()
    door.work()
    plain.reload()
    plain.get_by_role("link", name="Undo…").click()
    plain.get_by_role("button", name="Undo the import").click()
    expect(plain.get_by_text("Being undone").first).to_be_visible()
    door.work()
    plain.reload()
    expect(plain.get_by_text("Undone", exact=True)).to_be_visible()
    context.close()


def test_an_address_in_the_report_breaks_only_where_it_must(origin: str, door: Door, page: Page) -> None:
    path = door.bring("email\nannähoven@letters.example.org\n")
    door.work()
    page.set_viewport_size({"width": 1200, "height": 800})
    sign_in_by_hand(page, origin)
    page.goto(origin + path)
    address = page.get_by_text("annähoven@letters.example.org", exact=True)
    expect(address).to_be_visible()
    assert address.evaluate("cell => cell.getClientRects().length") == 1
