"""Previews and test mails: what is shown, how it is fenced in, and that looking saves nothing."""

import pytest

from service.issues.queries import get_issue, get_item
from service.jobs import Job
from service.mail.models import LetterKind, LetterState
from service.mail.outbox import get_letter, post_letter
from service.web.desk.frame import View, force_scheme, open_links_beside, read_view
from tests.fixtures.services import STAFF_ADDRESS, OpenTransaction, PublishedJobs
from tests.web.desk.browsing import Desk, Stock, words_of

DARK_RULES = "@media (prefers-color-scheme:dark){a{}} @media ( prefers-color-scheme: light ) {b{}}"


@pytest.mark.parametrize("view", list(View))
def test_each_view_shows_the_whole_issue_in_a_frame_without_scripts(desk: Desk, stock: Stock, view: View) -> None:
    page = desk.get(f"/desk/issues/{stock.issue_id}/preview?view={view}").text
    assert 'sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"' in page
    assert "allow-scripts" not in page
    frame = desk.get(f"/desk/issues/{stock.issue_id}/preview/frame?view={view}")
    policy = frame.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in policy
    assert "script-src 'none'" in policy or ("default-src 'none'" in policy and "script-src" not in policy)
    for words in ("Patience Station", "Ferry line returns", "Долгий Причал, 耐心站"):
        assert words in frame.text


def test_a_view_that_is_none_is_the_phone() -> None:
    assert read_view("hologram") is View.PHONE
    assert read_view(None) is View.PHONE


def test_a_scheme_is_forced_whatever_the_system_asks_for() -> None:
    assert force_scheme(DARK_RULES, "dark") == "@media (min-width: 0px){a{}} @media (max-width: 0px) {b{}}"
    assert force_scheme(DARK_RULES, "light") == "@media (max-width: 0px){a{}} @media (min-width: 0px) {b{}}"


def test_the_dark_view_asks_for_the_mails_own_dark_colours(desk: Desk, stock: Stock) -> None:
    frames = {view: desk.get(f"/desk/issues/{stock.issue_id}/preview/frame?view={view}").text for view in View}
    assert "prefers-color-scheme" not in frames[View.DARK] + frames[View.DESKTOP]
    assert "(min-width: 0px)" in frames[View.DARK]
    assert "(min-width: 0px)" not in frames[View.DESKTOP]


def test_links_of_a_framed_mail_open_beside_it(desk: Desk, stock: Stock) -> None:
    assert open_links_beside("<head></head><head>") == '<head><base target="_blank"></head><head>'
    frame = desk.get(f"/desk/issues/{stock.issue_id}/preview/frame?view=desktop").text
    assert '<base target="_blank">' in frame
    assert 'href="https://b.test/port"' in frame


def test_the_preview_of_unsaved_words_shows_them_alone_and_saves_nothing(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    fields = {"title": "Новый заголовок", "byline": "A, B", "markdown": "Unsaved *words*.", "view": "phone"}
    frame = desk.post(f"/desk/items/{stock.item_ids[2]}/preview", **fields)
    assert frame.status_code == 200
    for words in ("Новый заголовок", "Unsaved", "words"):
        assert words in frame.text
    assert "Ferry line returns" not in frame.text
    with open_transaction() as session:
        item = get_item(session, stock.item_ids[2])
        assert (item.title, item.revision) == ("One container, eleven signatures", 1)


def test_words_that_cannot_be_set_are_answered_in_the_frame_with_a_sentence(desk: Desk, stock: Stock) -> None:
    frame = desk.post(f"/desk/items/{stock.item_ids[0]}/preview", markdown="Dear {{password}},", view="phone")
    assert frame.status_code == 200
    assert "There is no preview yet" in frame.text
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]


def test_markup_in_a_text_reaches_the_plain_view_as_text(desk: Desk, stock: Stock) -> None:
    frame = desk.post(f"/desk/items/{stock.item_ids[0]}/preview", markdown="1 < 2 & `<b>`", view="text")
    assert "1 &lt; 2 &amp;" in frame.text
    assert "<b>" not in frame.text


def test_a_test_mail_is_posted_and_its_state_shown(
    desk: Desk, stock: Stock, published_jobs: PublishedJobs, open_transaction: OpenTransaction
) -> None:
    page = desk.read(f"/desk/issues/{stock.issue_id}/preview")
    assert f'value="{STAFF_ADDRESS}"' in page
    response = desk.post(f"/desk/issues/{stock.issue_id}/test-mail", address=" Jane@Straße.example ")
    [(letter_id,)] = published_jobs.of(Job.DELIVER_LETTER)
    with open_transaction() as session:
        letter = get_letter(session, letter_id)
        assert (letter.kind, letter.recipient) == (LetterKind.TEST, "Jane@xn--strae-oqa.example")
        letter.state, letter.reply_code, letter.reply_text = LetterState.SENT, 250, "2.0.0 Ok: queued"
    shown = desk.read(response.location)
    assert "To Jane@xn--strae-oqa.example" in shown
    assert "Accepted by our mail relay" in shown
    assert "250 2.0.0 Ok: queued" in shown
    assert "sent a test mail to Jane@xn--strae-oqa.example" in desk.read(f"/desk/issues/{stock.issue_id}")


def test_a_test_mail_under_way_looks_again_by_itself(desk: Desk, stock: Stock) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/test-mail", address="jane@example.org")
    assert "data-again" in desk.get(response.location).text
    assert "data-again" not in desk.get(f"/desk/issues/{stock.issue_id}/preview").text


def test_a_bad_address_is_refused_beside_its_field_and_kept(
    desk: Desk, stock: Stock, published_jobs: PublishedJobs
) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/test-mail", address="jane@@example.org")
    assert response.status_code == 422
    assert 'value="jane@@example.org"' in response.text
    assert "exactly one @" in words_of(response)
    assert published_jobs.jobs == []


def test_no_letter_but_a_test_mail_of_this_issue_is_shown(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        confirm = post_letter(session, LetterKind.CONFIRM, "secret@example.org", {"sign_up": stock.issue_id})
        other = post_letter(session, LetterKind.TEST, "other@example.org", {"issue": stock.issue_id + 1})
        assert get_issue(session, stock.issue_id)
    for letter in (confirm.id, other.id, 999_999):
        response = desk.get(f"/desk/issues/{stock.issue_id}/preview?letter={letter}")
        assert response.status_code == 404
        assert "example.org" not in response.text
