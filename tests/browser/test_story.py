"""The whole story in a real browser over real processes: sign up, confirm, import, send, read, click, leave."""

import re
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, Page, expect

from service.db import transaction
from service.development.inbox import OpenedMail
from service.staff.accounts import create_account
from service.staff.roles import Role
from service.tracking.queries import get_engagement
from tests.factories.publication import make_newsletter
from tests.fixtures.processes import RunningService
from tests.fixtures.services import STAFF_ADDRESS, STAFF_PASSWORD
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until
from tests.web.signing_up import A_READERS_PAUSE
from tests.web.suiting import wait_until_whole

READERS = ("ada@example.org", "ines@example.org")
MAIL_PROGRAM = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.0"
MANUSCRIPT = """Dear readers,
Welcome to a number about ferries, and about the people who wait for them.
BRIEFS
The Night Boat Sails Again
After nine years the night boat is back, twice a week, with room for forty lorries and one choir.
Eleven Signatures for One Container
by Ilse Varga
The container was blue and full of apricots. It waited beside a fence at Долгий Причал[1], which others call 耐心站.
Where the Days Go
Six of nineteen days were spent moving; see https://a.test/days for the diary of hours, kept by hand.
Notes:
[1] The name appears on no map; it is painted on a fuel tank.
Thank you for your support! Your gift is tax-deductible to the extent allowed by law.
"""


def test_from_a_manuscript_to_a_reader_and_back(
    running: RunningService, smtp_sink: SmtpSink, page: Page, browser: Browser, tmp_path: Path
) -> None:
    _open_the_house(running)
    for address in READERS:
        _sign_up_and_confirm(page, running, smtp_sink, address)

    _sign_in(page, running)
    issue_url = _import_manuscript(page, running, tmp_path)
    _edit_with_live_preview(page)
    page.goto(issue_url)
    _send(page)

    copies = _wait_for_copies(smtp_sink)
    _read_and_click(browser, copies[READERS[0]])
    _wait_for_the_counts(running)
    _see_the_results(page, issue_url)

    _leave_by_header(copies[READERS[0]])
    _leave_by_page(page, copies[READERS[1]])
    _nobody_would_get_the_next_issue(page, running)


def _open_the_house(running: RunningService) -> None:
    with transaction(running.services.factory) as session:
        make_newsletter(session)
        create_account(session, STAFF_ADDRESS, "Pat Publisher", STAFF_PASSWORD, Role.PUBLISHER)


def _sign_up_and_confirm(page: Page, running: RunningService, sink: SmtpSink, address: str) -> None:
    page.goto(f"{running.url}/crossings/")
    page.wait_for_timeout(A_READERS_PAUSE)
    page.get_by_label("E-mail address").fill(address)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("inbox")
    wait_until(lambda: address in sink.recipients, f"the confirmation for {address}")
    letter = next(mail for mail in sink.messages if address in mail.envelope.recipients)
    confirm_url = re.search(rf"{running.url}/confirm/\S+", letter.text)
    assert confirm_url is not None
    page.goto(confirm_url[0])
    page.locator("main form button").click()
    expect(page.get_by_role("heading", name="You are subscribed")).to_be_visible()


def _sign_in(page: Page, running: RunningService) -> None:
    page.goto(f"{running.url}/desk/")
    page.get_by_label("E-mail address").fill(STAFF_ADDRESS)
    page.get_by_label("Password").fill(STAFF_PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("link", name="Import a manuscript")).to_be_visible()


def _import_manuscript(page: Page, running: RunningService, folder: Path) -> str:
    file = folder / "number-one.txt"
    file.write_text(MANUSCRIPT, encoding="utf-8")
    page.goto(f"{running.url}/desk/issues/import")
    page.get_by_label("A file").set_input_files(file)
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("link", name="Eleven Signatures for One Container", exact=True)).to_be_visible()
    expect(page.get_by_text("Ilse Varga").first).to_be_visible()
    expect(page.get_by_text("section label").first).to_be_visible()
    return page.url


def _edit_with_live_preview(page: Page) -> None:
    page.get_by_role("link", name="The Night Boat Sails Again", exact=True).click()
    wait_until_whole(page)  # with the script that follows the typing
    text = page.locator("textarea[name=markdown]")
    text.fill(text.input_value() + "\n\nThe choir is *very* good; [hear it](https://a.test/choir).")
    preview = page.frame_locator("iframe:not([aria-hidden])").locator("body")
    expect(preview).to_contain_text("The choir is very good")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("Saved").first).to_be_visible()


def _send(page: Page) -> None:
    page.get_by_role("link", name="Review and send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{len(READERS)} readers")
    page.get_by_role("button", name=f"Send to {len(READERS)} readers").click()
    expect(page.locator("[data-progress]")).to_contain_text(f"{len(READERS)}")


def _wait_for_copies(sink: SmtpSink) -> dict[str, OpenedMail]:
    def copies() -> dict[str, OpenedMail]:
        return {mail.envelope.recipients[0]: mail for mail in sink.messages if "List-Unsubscribe" in dict(mail.headers)}

    wait_until(lambda: set(copies()) == set(READERS), "a copy for every reader")
    for mail in copies().values():
        assert "Долгий Причал" in mail.html
        assert "耐心站" in mail.text
        assert dict(mail.headers)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return copies()


def _read_and_click(browser: Browser, mail: OpenedMail) -> None:
    """Open the mail as a person's mail program would: its HTML alone, the pixel fetched, then a press on a link."""
    context = browser.new_context(user_agent=MAIL_PROGRAM)  # a headless Chromium says that it is one
    reading = context.new_page()
    reading.set_content(mail.html)
    reading.wait_for_load_state("networkidle")
    click_url = re.search(r"http://127\.0\.0\.1:\d+/c/[\w-]+/\d+", mail.html)
    assert click_url is not None
    answer = context.request.get(click_url[0], max_redirects=0)
    assert answer.status == 302
    assert answer.headers["location"].startswith("https://a.test/")
    context.close()


def _wait_for_the_counts(running: RunningService) -> None:
    def counted() -> bool:
        with transaction(running.services.factory) as session:
            engagement = get_engagement(session, 1)
        return engagement.opened == 1 and engagement.clicked + engagement.machine_clicked == 1

    wait_until(counted, "the open and the click to be counted")


def _see_the_results(page: Page, issue_url: str) -> None:
    expect(page.locator("[data-state=sent]")).to_be_visible()
    page.goto(f"{issue_url}/results")
    expect(page.locator("svg[role=img]").first).to_be_visible()
    expect(page.get_by_role("heading", name="Links")).to_be_visible()


def _leave_by_header(mail: OpenedMail) -> None:
    url = dict(mail.headers)["List-Unsubscribe"].strip("<>")
    with urlopen(Request(url, data=b"List-Unsubscribe=One-Click", method="POST"), timeout=60) as answer:
        assert answer.status == 200


def _leave_by_page(page: Page, mail: OpenedMail) -> None:
    url = re.search(r"http://127\.0\.0\.1:\d+/unsubscribe/[\w-]+", mail.text)
    assert url is not None
    page.goto(url[0])
    page.get_by_role("button", name="Unsubscribe").click()
    expect(page.get_by_role("heading", name="You are unsubscribed")).to_be_visible()


def _nobody_would_get_the_next_issue(page: Page, running: RunningService) -> None:
    page.goto(f"{running.url}/desk/")
    page.get_by_role("button", name="New issue").click()
    page.get_by_role("link", name="Review and send").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Nobody would get this issue yet")
