"""Saved segments: names are unique, words can be read, and none goes while an issue waits for it."""

import pytest
from sqlalchemy import select, update

from service.deliveries.segments.saved import (
    LONGEST_NAME,
    add_segment,
    change_segment,
    delete_segment,
    list_choices,
    list_segments,
    list_using,
)
from service.errors import BadInput, Conflict, NotFound
from service.issues.models import Issue
from service.issues.states import IssueState
from service.subscribers.segments.models import Segment
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction

WAITING = {IssueState.DRAFT, IssueState.HELD, IssueState.SENDING, IssueState.PAUSED}


def test_a_segment_is_saved_listed_changed_and_deleted(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        first = add_segment(session, "  Donors \n of ours ", " gave\r\nor tag is donor ")
        second = add_segment(session, "Board", "tag is board")
        assert (first.name, first.text) == ("Donors of ours", "gave\nor tag is donor")
        assert [used.segment.name for used in list_segments(session)] == ["Board", "Donors of ours"]
        assert [used.segment.name for used in list_segments(session, after="Board")] == ["Donors of ours"]
        assert [used.segment.name for used in list_segments(session, limit=1)] == ["Board"]
        change_segment(session, first.id, "Donors", "gave")
        assert list_choices(session) == [(second.id, "Board"), (first.id, "Donors")]
        assert delete_segment(session, second.id) == "Board"
        assert session.scalars(select(Segment.text)).all() == ["gave"]


@pytest.mark.parametrize(
    ("name", "words", "sentence"),
    [
        ("", "gave", "The segment needs a name."),
        (" \n", "gave", "The segment needs a name."),
        ("x" * (LONGEST_NAME + 1), "gave", "The name has 101 characters; at most 100 fit."),
        ("Board", "gave", "Another segment has the name “Board” already."),
        ("Mine", "", "Column 1: Nothing is chosen yet; write a condition, such as: language is ru."),
        ("Mine", "gave and", "Column 9: A condition begins with"),
    ],
)
def test_a_name_or_words_that_will_not_do_are_refused_and_change_nothing(
    open_transaction: OpenTransaction, name: str, words: str, sentence: str
) -> None:
    with open_transaction() as session:
        add_segment(session, "Board", "tag is board")
        mine = add_segment(session, "Donors", "gave").id
    with pytest.raises(BadInput) as refused, open_transaction() as session:
        add_segment(session, name, words)
    with pytest.raises(BadInput) as refused_too, open_transaction() as session:
        change_segment(session, mine, name, words)
    assert refused.value.message == refused_too.value.message
    assert refused.value.message.startswith(sentence)
    with open_transaction() as session:
        rows = session.execute(select(Segment.name, Segment.text).order_by(Segment.name))
        assert [tuple(row) for row in rows] == [("Board", "tag is board"), ("Donors", "gave")]


@pytest.mark.parametrize("column", ["segment_id", "excluded_segment_id"])
@pytest.mark.parametrize("state", IssueState)
def test_a_segment_goes_only_when_no_issue_waits_for_it(
    open_transaction: OpenTransaction, column: str, state: IssueState
) -> None:
    with open_transaction() as session:
        segment_id = add_segment(session, "Board", "tag is board").id
        issue_id = make_issue(session, make_newsletter(session)).id
        session.execute(update(Issue).values({column: segment_id, "state": state, "segment_text": "tag is board"}))
        assert [(used.segment.name, used.issues) for used in list_segments(session)] == [("Board", 1)]
        assert [issue.id for issue in list_using(session, segment_id)] == [issue_id]
        if state not in WAITING:
            delete_segment(session, segment_id)
            session.flush()
            issue = session.get_one(Issue, issue_id, populate_existing=True)
            assert (getattr(issue, column), issue.segment_text) == (None, "tag is board")
        else:
            with pytest.raises(Conflict) as refused:
                delete_segment(session, segment_id)
            said = "“Patience Station” of Crossings goes by this segment, so it can’t be deleted now."
            assert refused.value.message == said


def test_a_segment_that_is_gone_is_not_found(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        for act in (lambda: change_segment(session, 7, "x", "gave"), lambda: delete_segment(session, 7)):
            with pytest.raises(NotFound):
                act()
