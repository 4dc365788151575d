"""Segments in a real browser: counted while they are typed, for everyone, on every screen."""

from playwright.sync_api import Browser, Page, expect

from service.deliveries.segments.choosing import choose_readers
from service.deliveries.segments.saved import add_segment
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Stock
from tests.web.desk.live import sign_in_by_hand
from tests.web.suiting import assert_suits_every_screen

NEW = "/desk/readers/segments/new"
LONG = f'name contains "{"x" * 300}" or tag is donor'


def test_every_page_of_segments_is_for_everyone_and_fits_the_screen(
    signed_in: Page, origin: str, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        saved = add_segment(session, "Читатели по-русски", LONG).id
        choose_readers(session, stock.issue_id, None, saved)
    issue, segment = f"/desk/issues/{stock.issue_id}", f"/desk/readers/segments/{saved}"
    pages = ["/desk/readers/segments", NEW, segment, f"{segment}/delete", issue, f"{issue}/readers", f"{issue}/send"]
    for path in pages:
        signed_in.goto(origin + path)
        assert_suits_every_screen(signed_in)


def test_the_number_follows_the_words_as_they_are_typed_and_so_does_the_sentence(
    signed_in: Page, origin: str, stock: Stock
) -> None:
    assert stock
    signed_in.goto(origin + NEW)
    words = signed_in.get_by_label("Who is in it")
    shown = signed_in.locator("[data-count-shown]")
    words.press_sequentially("name contains reader")
    expect(shown).to_contain_text("1 of 3 readers of Crossings")
    expect(signed_in.locator("[data-count-said]")).to_have_text("1 of 3 readers.")
    words.press_sequentially(" and")
    expect(shown).to_contain_text("Column 25: A condition begins with")
    words.press_sequentially(" language is en")
    expect(shown).to_contain_text("reader-1@example.org")


def test_a_segment_is_made_and_chosen_by_the_keyboard_alone(signed_in: Page, origin: str, stock: Stock) -> None:
    signed_in.goto(origin + NEW)
    signed_in.get_by_label("Name").focus()
    for words in ("Named", "name contains reader"):
        signed_in.keyboard.type(words)
        signed_in.keyboard.press("Tab")
    expect(signed_in.get_by_role("button", name="Save", exact=True)).to_be_focused()
    signed_in.keyboard.press("Enter")
    signed_in.wait_for_url(f"{origin}/desk/readers/segments")
    signed_in.goto(f"{origin}/desk/issues/{stock.issue_id}/readers")
    signed_in.get_by_label("Only readers in").focus()
    signed_in.keyboard.type("Named")
    for key in ("Tab", "Tab", "Enter"):
        signed_in.keyboard.press(key)
    expect(signed_in.get_by_text("1 reader would get it now.")).to_be_visible()


def test_without_scripts_a_button_counts(browser: Browser, origin: str, stock: Stock) -> None:
    assert stock
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in_by_hand(page, origin)
    page.goto(origin + NEW)
    page.get_by_label("Who is in it").fill("language is en")
    page.get_by_role("button", name="Count").click()
    expect(page.locator("[data-count-shown]")).to_contain_text("3 of 3 readers of Crossings")
    expect(page.get_by_label("Who is in it")).to_have_value("language is en")
    context.close()
