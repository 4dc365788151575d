"""Issues on the desk: the list, importing, the masthead, deleting."""

import io
import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from service.clock import now
from service.deliveries.models import Delivery
from service.deliveries.planning import release_issue
from service.deliveries.states import DeliveryState
from service.issues.models import Finding, Issue, Manuscript
from service.issues.queries import get_issue, list_issues
from service.issues.states import IssueState
from service.web.desk.issues import PAGE
from tests.factories.publication import make_newsletter
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of
from tests.web.loading import count_loaded

ISSUED = date(2026, 10, 1)
MANUSCRIPT = """Dear readers,

Welcome back after the long winter.

BRIEFS

Ferry line returns

The overnight ferry sails again from April.

A quiet port
By Ilse Varga

The container was blue, and nobody had asked for it.

Nobody ever found out who had.
"""


def masthead(**changes: str) -> dict[str, str]:
    """Return a masthead form that is in order, with some fields changed."""
    fields = {
        "revision": "1",
        "volume": "2",
        "number": "7",
        "issued_on": "2026-12-03",
        "title": "Зимний свет",
        "preheader": "What the keeper wrote down, and who read it first in the end.",
        "language": "ru",
    }
    return {**fields, **changes}


def test_an_empty_house_says_what_to_do_first(desk: Desk) -> None:
    assert "There is no newsletter yet" in desk.read("/desk/")
    assert "There is no newsletter yet" in desk.read("/desk/issues/import")


def test_a_newsletter_without_issues_says_how_to_make_the_first(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    desk.post(f"/desk/issues/{stock.issue_id}/delete")
    page = desk.read("/desk/")
    assert "Make the first issue" in page
    assert "Import a manuscript" in page
    with open_transaction() as session:
        assert list_issues(session) == []


def test_the_list_tells_number_date_title_and_state_of_each_issue(desk: Desk, stock: Stock) -> None:
    page = desk.read("/desk/")
    for words in ("Patience Station", "1 November 2026", "Crossings", "Draft", "Not sent yet"):
        assert words in page
    assert f"/desk/issues/{stock.issue_id}" in page


def test_a_long_list_has_pages(desk: Desk, stock: Stock, put_on_desk: Callable[..., None]) -> None:
    many = (
        Issue(newsletter_id=stock.newsletter_id, number=n, issued_on=ISSUED, title=f"Issue {n:02}") for n in range(60)
    )
    past = (
        Issue(
            newsletter_id=stock.newsletter_id,
            number=100 + n,
            issued_on=ISSUED - timedelta(days=7 * (n % 10)),
            title=f"Past {n:02}",
            state=IssueState.PAST,
        )
        for n in range(30)
    )
    put_on_desk(*many, *past)
    path, titles, pages = "/desk/", [], 0
    while path:
        page = desk.read(path)
        titles += re.findall(r"Issue \d\d|Past \d\d|Patience Station", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = older[1] if older else "", pages + 1
        assert ("Newest" in page) is (pages > 1)
    own = [f"Issue {n:02}" for n in range(59, -1, -1)]
    newest_first = sorted(range(30), key=lambda n: (n % 10, -n))
    assert titles == [*own, "Patience Station", *(f"Past {n:02}" for n in newest_first)]
    assert pages == 4


def test_the_list_loads_no_more_issues_than_a_page_shows(
    desk: Desk, stock: Stock, put_on_desk: Callable[..., None]
) -> None:
    many = (Issue(newsletter_id=stock.newsletter_id, number=n, issued_on=ISSUED) for n in range(3 * PAGE))
    put_on_desk(*many)
    with count_loaded(Issue) as loaded:
        desk.read("/desk/")
    assert len(loaded) == PAGE + 1


@pytest.mark.parametrize("before", ["0", "1", "999999", "x", ""])
@pytest.mark.usefixtures("stock")
def test_a_place_in_the_list_that_is_gone_or_none_breaks_nothing(desk: Desk, before: str) -> None:
    assert desk.get(f"/desk/?before={before}").status_code == 200


def test_a_new_issue_is_begun_and_noted_in_its_trail(desk: Desk, stock: Stock) -> None:
    response = desk.post("/desk/issues", newsletter="crossings")
    page = desk.read(response.location)
    assert stock.issue_id != int(response.location.rsplit("/", 1)[1])
    assert "Untitled issue" in page
    assert "Pat Publisher began the issue" in page
    assert "The issue has no items yet." in page


def test_with_several_newsletters_one_is_chosen(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    assert stock
    with open_transaction() as session:
        make_newsletter(session, slug="harbour", name="Harbour Notes")
    assert 'value="harbour">Harbour Notes' in desk.get("/desk/").text
    wrong = desk.post("/desk/issues/import", newsletter="harbour", text="  ")
    assert 'value="harbour" selected' in wrong.text
    page = desk.read(desk.post("/desk/issues/import", newsletter="harbour", text=MANUSCRIPT).location)
    assert "Harbour Notes" in page


def test_a_manuscript_for_a_newsletter_that_is_not_there_is_given_back(desk: Desk, stock: Stock) -> None:
    assert stock
    response = desk.post("/desk/issues/import", newsletter="none", text=MANUSCRIPT)
    assert response.status_code == 404
    assert "Nobody ever found out who had." in response.text


def test_a_pasted_manuscript_becomes_a_draft_with_its_items_and_findings(desk: Desk, stock: Stock) -> None:
    assert stock
    response = desk.post("/desk/issues/import", newsletter="crossings", text=MANUSCRIPT)
    page = desk.read(response.location)
    for words in ("Ferry line returns", "A quiet port", "Ilse Varga", "From the manuscript", "BRIEFS", "Line 5"):
        assert words in page


def test_a_file_becomes_a_draft_and_its_name_is_noted(desk: Desk, stock: Stock) -> None:
    assert stock
    file = (io.BytesIO(MANUSCRIPT.encode()), "../march final.txt")
    response = desk.post("/desk/issues/import", newsletter="crossings", file=file, text="not this")
    page = desk.read(response.location)
    assert "Pat Publisher imported a manuscript: march final.txt" in page
    assert "not this" not in page


@pytest.mark.parametrize("text", ["", "   \n "])
def test_a_manuscript_without_words_is_refused_beside_the_field(desk: Desk, stock: Stock, text: str) -> None:
    assert stock
    response = desk.post("/desk/issues/import", newsletter="crossings", text=text)
    assert response.status_code == 422
    assert "There is nothing to import yet" in response.text
    assert 'id="text-error"' in response.text
    assert 'aria-describedby="text-hint text-error"' in response.text
    assert 'id="file-error"' not in response.text


def test_a_file_that_cannot_be_read_is_refused_beside_its_field_and_what_was_pasted_is_kept(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert stock
    file = (io.BytesIO(b"%PDF-1.7 \x00\x01"), "issue.pdf")
    response = desk.post("/desk/issues/import", newsletter="crossings", file=file, text="Слова & words")
    assert response.status_code == 422
    assert 'id="file-error"' in response.text
    assert "Слова & words" in words_of(response)
    with open_transaction() as session:
        assert len(list_issues(session)) == 1


def test_an_issue_shows_what_stands_between_it_and_its_readers(desk: Desk, stock: Stock) -> None:
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    for words in ("3 readers have confirmed", "of 102,000 bytes", "Nothing to put right", "4 items", "Review and send"):
        assert words in page


def test_an_issue_whose_text_cannot_be_set_still_has_its_page(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        get_issue(session, stock.issue_id).items[0].markdown = "Dear {{password}},"
    page = desk.read(f"/desk/issues/{stock.issue_id}")
    assert "Stop" in page
    assert "Known once the issue can be set." in page


def test_the_masthead_is_saved(desk: Desk, stock: Stock, open_transaction: OpenTransaction) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/masthead", **masthead())
    assert response.location == f"/desk/issues/{stock.issue_id}"
    with open_transaction() as session:
        issue = get_issue(session, stock.issue_id)
        assert (issue.volume, issue.number, issue.title, issue.language) == (2, 7, "Зимний свет", "ru")
        assert issue.issued_on.isoformat() == "2026-12-03"


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("number", "", "The number is missing."),
        ("number", "seven", "“seven” is not"),
        ("volume", "0", "“0” is not"),
        ("issued_on", "tomorrow", "like 2026-03-05"),
        ("title", "x" * 301, "The title has 301 characters"),
    ],
)
def test_a_masthead_that_will_not_do_comes_back_as_it_was_typed_with_a_sentence(
    desk: Desk, stock: Stock, field: str, typed: str, sentence: str
) -> None:
    response = desk.post(f"/desk/issues/{stock.issue_id}/masthead", **masthead(**{field: typed}))
    words = words_of(response)
    assert response.status_code == 422
    assert sentence in words
    assert typed in words
    assert "What the keeper wrote down" in words
    assert "Patience Station" in desk.read(f"/desk/issues/{stock.issue_id}")


def test_a_language_tag_of_ones_own_is_taken_and_a_wrong_one_marked(desk: Desk, stock: Stock) -> None:
    path = f"/desk/issues/{stock.issue_id}/masthead"
    wrong = desk.post(path, **masthead(language="other", language_other="Klingon!"))
    assert "A language tag looks like" in words_of(wrong)
    assert desk.post(path, **masthead(language="other", language_other="tlh")).status_code == 302
    assert 'value="tlh" selected' in desk.get(path).text


def test_two_windows_never_overwrite_each_other_and_both_mastheads_are_shown(desk: Desk, stock: Stock) -> None:
    path = f"/desk/issues/{stock.issue_id}/masthead"
    desk.post(path, **masthead(title="Theirs"))
    response = desk.post(path, **masthead(title="Mine"))
    assert response.status_code == 409
    assert "Theirs" in response.text
    assert 'value="Mine"' in response.text
    assert "saved in another window" in response.text
    assert desk.post(path, **masthead(title="Mine", revision="2")).status_code == 302


def test_deleting_a_draft_asks_first_and_then_does_it(desk: Desk, stock: Stock) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    assert "This can’t be undone." in desk.read(f"{path}/delete")
    assert desk.get(path).status_code == 200
    assert "“Patience Station” is deleted." in desk.read(desk.post(f"{path}/delete").location)
    assert desk.get(path).status_code == 404


def test_words_of_a_manuscript_are_shown_as_words(desk: Desk, stock: Stock, put_on_desk: Callable[..., None]) -> None:
    finding = Finding(is_warning=False, line=3, text="<script>alert(1)</script>", reason="a script, not text")
    put_on_desk(Manuscript(issue_id=stock.issue_id, filename="x.html", source=b"x", findings=[finding]))
    page = desk.get(f"/desk/issues/{stock.issue_id}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(("days", "words"), [(29, "3 of 3 copies"), (31, ">3 copies</a>")])
def test_the_list_counts_the_copies_of_recent_issues_alone(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, days: int, words: str
) -> None:
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    with open_transaction() as session:
        session.execute(update(Delivery).values(state=DeliveryState.SENT))
        issue = get_issue(session, stock.issue_id)
        issue.state, issue.finished_at = IssueState.SENT, now() - timedelta(days=days)
    assert words in desk.read("/desk/")
