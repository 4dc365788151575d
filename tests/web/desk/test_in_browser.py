"""The desk in a real browser: every page for everyone, and what its small scripts promise."""

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from sqlalchemy import func, select, update

from service.deliveries.models import Batch, Delivery
from service.deliveries.planning import release_issue
from service.deliveries.starting import start_each_due_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Finding, Issue, Manuscript
from service.issues.queries import get_issue, get_item
from service.issues.states import IssueState
from service.tracking.models import Agent, Hit, Verdict
from tests.factories.publication import make_issue
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Stock
from tests.web.desk.live import sign_in_by_hand
from tests.web.suiting import assert_suits_every_screen

pytestmark = pytest.mark.browser

# Submits the form twice and tells of each time whether the page's own script had stopped it; nothing is sent.
PRESS_TWICE = """() => {
  const stopped = [];
  addEventListener("submit", (event) => { stopped.push(event.defaultPrevented); event.preventDefault(); });
  const form = document.querySelector("form[data-once]");
  form.requestSubmit();
  form.requestSubmit();
  return stopped;
}"""


@pytest.fixture
def everything(stock: Stock, open_transaction: OpenTransaction) -> list[str]:
    """The path of every page of the desk, with a draft that has doubts and a sent issue that was read."""
    draft, item = stock.issue_id, stock.item_ids[2]
    with open_transaction() as session:
        lines = [Finding(is_warning=warns, line=3, text="Слова", reason="in doubt") for warns in (True, False)]
        session.add(Manuscript(issue_id=draft, filename="x.txt", source=b"x", findings=lines))
        get_issue(session, draft).items[1].markdown = ""
        other = make_issue(session, get_issue(session, draft).newsletter, number=2, title="Зимний свет")
        sent = other.id
        release_issue(session, sent, PUBLIC_URL)
        held = make_issue(session, other.newsletter, number=3, title="耐心站")
        release_issue(session, held.id, PUBLIC_URL, hold=timedelta(days=2))
    with open_transaction() as session:
        copy, lost, _ = session.scalars(select(Delivery).where(Delivery.issue_id == sent).order_by(Delivery.id))
        copy.state, lost.state, lost.reason = DeliveryState.SENT, DeliveryState.UNCERTAIN, "the connection ended"
        hit = {"issue_id": sent, "delivery_id": copy.id, "agent": Agent.BROWSER, "verdict": Verdict.HUMAN}
        session.add_all([Hit(**hit, link_number=None), Hit(**hit, link_number=1)])
    return [
        "/desk/sign-in",
        "/desk/",
        "/desk/account",
        "/desk/newsletters/crossings",
        "/desk/copies?address=reader-1@example.org",
        "/desk/issues/import",
        *(f"/desk/issues/{draft}{page}" for page in ("", "/masthead", "/delete", "/preview?view=desktop", "/send")),
        f"/desk/items/{item}",
        f"/desk/items/{item}/remove",
        *(f"/desk/issues/{sent}{page}" for page in ("", "/progress", "/cancel", "/results", "/uncertain")),
        *(f"/desk/issues/{sent}{page}" for page in ("/uncertain/again", "/uncertain/accepted")),
        "/desk/routes",
        *(f"/desk/issues/{held.id}{page}" for page in ("", "/progress")),
    ]


def test_every_page_is_for_everyone_and_fits_every_screen(signed_in: Page, origin: str, everything: list[str]) -> None:
    for path in everything:
        signed_in.goto(origin + path)
        assert_suits_every_screen(signed_in)


def test_the_first_stop_of_the_keyboard_skips_to_the_content(signed_in: Page) -> None:
    signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_text("Skip to the content")).to_be_focused()
    signed_in.keyboard.press("Enter")
    expect(signed_in.locator("main")).to_be_focused()


def test_light_or_dark_chosen_by_hand_is_remembered_on_the_next_page(signed_in: Page, origin: str) -> None:
    signed_in.emulate_media(color_scheme="light")
    signed_in.get_by_role("button", name="Dark colours").click()
    signed_in.goto(f"{origin}/desk/account")
    expect(signed_in.locator("html")).to_have_attribute("data-theme", "dark")
    assert signed_in.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    expect(signed_in.get_by_role("button", name="Light colours")).to_be_visible()


def test_paper_is_light_whatever_the_screen_is(signed_in: Page) -> None:
    signed_in.emulate_media(color_scheme="dark")
    shown = "getComputedStyle(document.documentElement).colorScheme"
    signed_in.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert signed_in.evaluate(shown) == "light"
    signed_in.evaluate("dispatchEvent(new Event('afterprint'))")
    assert signed_in.evaluate(shown) == "dark"


def test_the_preview_follows_the_words_and_leaves_the_history_alone(
    signed_in: Page, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    signed_in.goto(f"{origin}/desk/items/{stock.item_ids[2]}")
    frame = signed_in.frame_locator("[data-sheet] iframe:not([aria-hidden])")
    expect(frame.get_by_text("The container was blue.")).to_be_visible()
    before = signed_in.evaluate("history.length")
    for words in ("Red", "Green", "Ультрамарин"):
        signed_in.get_by_label("Text", exact=True).fill(f"The container was {words}.")
        expect(frame.get_by_text(f"The container was {words}.")).to_be_visible()
    signed_in.get_by_label("Plain text").check()
    expect(frame.locator("pre")).to_contain_text("The container was Ультрамарин.")
    assert signed_in.evaluate("history.length") == before
    with open_transaction() as session:
        assert "blue" in get_item(session, stock.item_ids[2]).markdown


def test_the_preview_works_by_its_button_without_scripts(browser: Browser, origin: str, stock: Stock) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in_by_hand(page, origin)
    page.goto(f"{origin}/desk/items/{stock.item_ids[2]}")
    page.get_by_label("Text", exact=True).fill("Without a script.")
    page.get_by_role("button", name="Show").click()
    expect(page.frame_locator("iframe").get_by_text("Without a script.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    context.close()


def test_unsaved_words_are_asked_about_before_the_page_is_left(signed_in: Page, origin: str, stock: Stock) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    signed_in.on("dialog", stay)
    signed_in.goto(f"{origin}/desk/items/{stock.item_ids[2]}")
    signed_in.get_by_label("Title").fill("Half a title")
    with signed_in.expect_event("dialog"):
        signed_in.get_by_role("link", name="Issues", exact=True).click(no_wait_after=True)
    assert asked == ["beforeunload"]
    assert signed_in.url.endswith(f"/desk/items/{stock.item_ids[2]}")
    signed_in.get_by_role("button", name="Save", exact=True).click()
    expect(signed_in.get_by_text("Saved.")).to_be_visible()
    signed_in.get_by_role("link", name="Issues", exact=True).click()
    expect(signed_in.get_by_role("heading", name="Issues")).to_be_visible()
    assert asked == ["beforeunload"]


def test_the_preview_line_counts_its_characters(signed_in: Page, origin: str, stock: Stock) -> None:
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/masthead")
    line = signed_in.get_by_label("Preview line")
    for words, said in (
        ("Short", "5 characters: 35 more"),
        ("潮" * 40, "a good length"),
        ("x" * 120, "10 more than show"),
    ):
        line.fill(words)
        expect(signed_in.locator("output")).to_contain_text(said)


def test_a_second_press_of_send_is_stopped_in_the_page(signed_in: Page, origin: str, stock: Stock) -> None:
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/send")
    stopped = signed_in.evaluate(PRESS_TWICE)
    assert stopped == [False, True]


def test_a_double_click_on_send_releases_the_issue_and_shows_it_going(
    signed_in: Page, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/send")
    signed_in.get_by_role("button", name="Send to 3 readers").dblclick()
    expect(signed_in.get_by_text("of 3 copies done")).to_be_visible()
    with open_transaction() as session:
        assert get_issue(session, stock.issue_id).state is IssueState.SENDING


def test_progress_keeps_itself_up_to_date_and_turns_when_the_state_does(
    signed_in: Page, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/progress")
    headline = signed_in.locator(".progress__headline")
    expect(headline).to_contain_text("0 of 3 copies")
    with open_transaction() as session:
        for copy in session.scalars(select(Delivery)):
            copy.state = DeliveryState.SENT
    expect(headline).to_contain_text("3 of 3 copies")
    with open_transaction() as session:
        get_issue(session, stock.issue_id).state = IssueState.SENT
    expect(signed_in.get_by_role("button", name="Pause")).to_have_count(0)


def test_progress_is_read_out_politely_and_not_at_each_look(
    signed_in: Page,
    origin: str,
    stock: Stock,
    open_transaction: OpenTransaction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("service.web.desk.progress.SHARE", 0)  # a slow count would be asked for less often
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
        session.execute(update(Batch).values(lease_until=func.now() + timedelta(hours=1)))
    signed_in.clock.install()
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/progress")
    headline, said = signed_in.locator(".progress__headline"), signed_in.get_by_role("status")
    assert signed_in.locator("[aria-live], [role=status], [role=alert]").count() == 1
    signed_in.clock.run_for(1_000)
    expect(said).to_have_text("0% of 3 copies done. Senders are at work, and wait for the relay’s answers.")
    with open_transaction() as session:
        for copy in session.scalars(select(Delivery)):
            copy.state = DeliveryState.SENT
    signed_in.clock.run_for(1_000)
    expect(headline).to_contain_text("3 of 3 copies")
    expect(said).to_contain_text("0% of 3 copies done. Senders")
    signed_in.clock.run_for(15_000)
    expect(said).to_have_text("100% of 3 copies done.")


def test_what_touches_every_uncertain_copy_is_confirmed_without_scripts(
    browser: Browser, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
        session.execute(update(Delivery).values(state=DeliveryState.UNCERTAIN))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in_by_hand(page, origin)
    page.goto(f"{origin}/desk/issues/{stock.issue_id}/uncertain")
    page.get_by_role("link", name="Send all again").click()
    expect(page.get_by_role("heading", name="Send 3 copies again?")).to_be_visible()
    page.get_by_role("button", name="Send again to 3 people").click()
    expect(page.get_by_text("3 copies are being sent again.")).to_be_visible()
    context.close()


def test_a_held_issue_counts_down_and_turns_into_its_progress_when_it_starts(
    signed_in: Page, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL, hold=timedelta(minutes=9))
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/progress")
    headline = signed_in.locator(".progress__headline")
    expect(headline).to_contain_text("Begins in 8 minutes")
    before = headline.inner_text()
    expect(headline).not_to_have_text(before)
    with open_transaction() as session:
        session.execute(update(Issue).values(starts_at=func.now()))
    start_each_due_issue(open_transaction.services.factory)
    expect(headline).to_contain_text("0 of 3 copies")
    expect(signed_in.get_by_role("button", name="Pause")).to_be_visible()
