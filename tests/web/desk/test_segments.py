"""Segments at the desk: counted while they are written, saved, chosen for an issue, told of wherever it is shown."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select, text

from service.deliveries.models import Delivery
from service.deliveries.segments import counting
from service.deliveries.segments.choosing import choose_readers
from service.deliveries.segments.counting import TOO_LONG
from service.deliveries.segments.saved import add_segment
from service.issues.queries import get_issue
from service.staff.models import AuditEntry
from service.subscribers.bounded import at_most
from service.subscribers.models import Subscriber
from service.subscribers.segments.models import Segment
from tests.factories.publication import make_newsletter
from tests.factories.readers import make_question, make_reader
from tests.fixtures.services import OpenTransaction
from tests.web.desk.browsing import Desk, Stock, words_of

NEW, COUNT = "/desk/readers/segments/new", "/desk/readers/segments/count"


@pytest.fixture
def russian(stock: Stock, open_transaction: OpenTransaction) -> int:
    """A saved segment, in which one of the three readers is."""
    assert stock
    with open_transaction() as session:
        session.scalars(select(Subscriber).order_by(Subscriber.id).limit(1)).one().language = "ru"
        return add_segment(session, "Читатели & <i>", "language is ru").id


def test_words_are_counted_by_the_button_and_come_back_as_typed(desk: Desk, stock: Stock) -> None:
    assert stock
    response = desk.post(NEW, press="count", name="Mine", words="name contains <reader> or language is en")
    page = words_of(response)
    assert response.status_code == 200
    assert "<strong>3</strong> of 3 readers of" in page
    assert "reader-2@example.org" in page
    assert 'value="Mine"' in page
    assert "name contains <reader> or language is en</textarea>" in page


def test_our_questions_are_offered_as_they_have_to_be_written(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert stock
    with open_transaction() as session:
        make_question(session, "region")
        make_question(session, "job title")
    page = desk.read(NEW)
    assert "<code>field region</code>" in page
    assert '<code>field "job title"</code>' in page
    assert "<strong>0</strong> of 3 readers" in words_of(
        desk.post(NEW, press="count", words='field "job title" is Baker')
    )


def test_the_script_is_answered_with_a_number_or_the_sentence_with_its_column(desk: Desk, stock: Stock) -> None:
    assert stock
    news = desk.post(COUNT, words="language is en").json
    assert news is not None
    assert news["said"] == "3 of 3 readers."
    assert "<html" not in news["html"]
    wrong = desk.post(COUNT, words="language is <english>").json
    assert wrong is not None
    assert wrong["said"] == "Column 13: “<english>” is not the code of a language, such as ru or zh."
    assert "<english>" not in wrong["html"]
    nothing = desk.post(COUNT, words=" ").json
    assert nothing is not None
    assert nothing["said"] == ""


def test_a_count_that_takes_too_long_is_a_sentence_on_the_page(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "at_most", partial(at_most, limit=timedelta(milliseconds=200)))
    with open_transaction() as session:
        choose_readers(session, stock.issue_id, add_segment(session, "Givers", "gave").id, None)
    with open_transaction() as other:
        other.execute(text("lock table donors"))
        news = desk.post(COUNT, words="gave").json
        assert news is not None
        assert news["said"] == TOO_LONG
        assert TOO_LONG in words_of(desk.post(NEW, press="count", words="gave"))
        assert "This takes too long to count." in desk.read(f"/desk/issues/{stock.issue_id}")
        review = desk.read(f"/desk/issues/{stock.issue_id}/send")
    assert "This goes to the chosen readers of Crossings." in review
    assert "Send to the chosen readers</button>" in review


def test_readers_of_the_newsletter_that_is_named_are_counted(
    desk: Desk, stock: Stock, open_transaction: OpenTransaction
) -> None:
    assert stock
    with open_transaction() as session:
        make_reader(session, make_newsletter(session, "harbour", "Harbour").id, "other@example.org")
    page = words_of(desk.post(NEW, press="count", words="not gave", newsletter="harbour"))
    assert "<strong>1</strong> of 1 reader of" in page
    assert '<option value="harbour" selected>' in page


def test_a_segment_is_saved_changed_and_deleted(desk: Desk, open_transaction: OpenTransaction) -> None:
    assert "Nothing is saved yet." in desk.read("/desk/readers/segments")
    response = desk.post(NEW, press="save", name="Good <friends>", words="clicked since 90 days ago")
    page = desk.read(response.location)
    assert "The segment “Good <friends>” is saved." in page
    assert "clicked since 90 days ago" in page
    with open_transaction() as session:
        path = f"/desk/readers/segments/{session.scalars(select(Segment.id)).one()}"
    assert "clicked since 90 days ago</textarea>" in desk.read(path)
    assert "Friends" in desk.read(desk.post(path, press="save", name="Friends", words="clicked").location)
    assert "Delete “Friends”?" in desk.read(f"{path}/delete").replace("<bdi>", "").replace("</bdi>", "")
    assert "is deleted" in desk.read(desk.post(f"{path}/delete").location)
    assert desk.get(path).status_code == 404
    with open_transaction() as session:
        entries = session.execute(select(AuditEntry.action, AuditEntry.details["text"].astext).order_by(AuditEntry.id))
        assert [tuple(entry) for entry in entries] == [
            ("Saved the segment", "clicked since 90 days ago"),
            ("Changed the segment", "clicked"),
            ("Deleted the segment", "clicked"),
        ]


@pytest.mark.parametrize("is_new", [True, False])
def test_what_will_not_do_comes_back_with_everything_typed(desk: Desk, russian: int, is_new: bool) -> None:
    path = NEW if is_new else f"/desk/readers/segments/{russian}"
    response = desk.post(path, press="save", name="Мои «друзья»", words="gave and\r\nage is 5")
    page = words_of(response)
    assert response.status_code == 422
    assert "Not saved" in page
    assert "Line 2, column 1: A condition begins with" in page
    assert 'value="Мои «друзья»"' in page
    assert "gave and age is 5</textarea>" in page


def test_a_segment_that_a_draft_goes_by_is_not_deleted_and_says_which(desk: Desk, stock: Stock, russian: int) -> None:
    desk.post(f"/desk/issues/{stock.issue_id}/readers", only=russian, without="")
    path = f"/desk/readers/segments/{russian}"
    assert "1 issue" in desk.read("/desk/readers/segments")
    assert f'<a href="/desk/issues/{stock.issue_id}"><span lang="en">Patience Station' in desk.read(path)
    response = desk.post(f"{path}/delete")
    assert response.status_code == 409
    assert "“Patience Station” of Crossings goes by this segment" in words_of(response)


def test_many_segments_are_shown_a_page_at_a_time(desk: Desk, open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        for number in range(51):
            add_segment(session, f"Segment {number:02}", "gave")
    first = desk.read("/desk/readers/segments")
    assert "Segment 49" in first
    assert "Segment 50" not in first
    assert 'href="/desk/readers/segments?after=Segment+49"' in first
    assert "Segment 50" in desk.read("/desk/readers/segments?after=Segment+49")


def test_readers_are_chosen_counted_reviewed_and_told_of_after_the_release(
    desk: Desk, stock: Stock, russian: int, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    assert "Читатели & <i></option>" in desk.read(f"{path}/readers")
    response = desk.post(f"{path}/readers", only="", without=russian)
    page = desk.read(response.location)
    assert "2 readers would get it now." in page
    assert "Not those of whom this is so" in page
    assert "language is ru" in page
    review = desk.read(f"{path}/send")
    assert "2 readers</span> of Crossings." in review
    assert "Send to 2 readers</button>" in review
    assert "language is ru" in review
    desk.post(f"{path}/send", seen=review.split('name="seen" value="', 1)[1].split('"', 1)[0])
    with open_transaction() as session:
        assert session.scalars(select(Delivery.recipient).order_by(Delivery.id)).all() == [
            "reader-1@example.org",
            "reader-2@example.org",
        ]
    for told in (path, f"{path}/results"):
        assert "Not those of whom this is so: <code" in desk.read(told)
    trail = desk.read(path)
    assert "Pat Publisher released the issue to 2 readers" in trail
    assert trail.count("Not: language is ru") == 2  # as it was chosen, and as it was released
    assert desk.get(f"{path}/readers").location == path


def test_a_segment_that_was_changed_after_the_review_is_reviewed_again(
    desk: Desk, stock: Stock, russian: int, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    desk.post(f"{path}/readers", only=russian, without="")
    seen = desk.read(f"{path}/send").split('name="seen" value="', 1)[1].split('"', 1)[0]
    desk.post(f"/desk/readers/segments/{russian}", press="save", name="English", words="language is en")
    response = desk.post(f"{path}/send", seen=seen)
    assert response.location == f"{path}/send"
    assert "changed since you reviewed it" in desk.read(response.location)
    with open_transaction() as session:
        assert session.scalars(select(Delivery.id)).all() == []


def test_a_choice_that_cannot_be_read_any_more_is_a_stop(
    desk: Desk, stock: Stock, russian: int, open_transaction: OpenTransaction
) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    desk.post(f"{path}/readers", only=russian, without="")
    desk.post(f"/desk/readers/segments/{russian}", press="save", name="Late", words="got issue 12")
    sentence = "Its readers can’t be chosen by “got issue 12”. Crossings has no issue 12 that is sent from here."
    assert sentence in desk.read(path)
    assert "It can’t go out yet" in desk.read(f"{path}/send")
    with open_transaction() as session:
        assert get_issue(session, stock.issue_id).segment_text is None


def test_nobody_chosen_is_said_before_the_button(desk: Desk, stock: Stock, russian: int) -> None:
    path = f"/desk/issues/{stock.issue_id}"
    desk.post(f"{path}/readers", only=russian, without=russian)
    review = desk.read(f"{path}/send")
    assert "No reader who may be mailed now is among those chosen for it." in review
    assert 'name="seen"' not in review


@pytest.mark.parametrize("segment_id", ["99", "0", "x", "-1", "9" * 30])
def test_a_segment_that_is_not_there_is_never_taken_for_everyone(
    desk: Desk, stock: Stock, russian: int, open_transaction: OpenTransaction, segment_id: str
) -> None:
    path = f"/desk/issues/{stock.issue_id}/readers"
    desk.post(path, only=russian, without="")
    assert desk.post(path, only=segment_id, without="").status_code == 404
    with open_transaction() as session:
        assert get_issue(session, stock.issue_id).segment_id == russian


def test_an_editor_chooses_among_segments_but_makes_none(editor_desk: Desk, stock: Stock, russian: int) -> None:
    path = f"/desk/issues/{stock.issue_id}/readers"
    assert editor_desk.post(path, only=russian, without="").location == f"/desk/issues/{stock.issue_id}#readers"
    assert editor_desk.get("/desk/readers/segments").status_code == 403
    assert editor_desk.post(COUNT, words="gave").status_code == 403


def test_who_may_make_no_segment_is_told_who_does(editor_desk: Desk, desk: Desk, stock: Stock) -> None:
    path = f"/desk/issues/{stock.issue_id}/readers"
    assert "A publisher makes them under Readers." in editor_desk.read(path)
    assert f'href="{NEW}"' in desk.read(path)
