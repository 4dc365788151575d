"""Changing drafts: what may change, what may not, and that nobody overwrites anybody."""

from datetime import UTC, date, datetime

import pytest

from service.errors import BadInput, Conflict, NotFound
from service.issues.editing import (
    add_item,
    change_issue,
    change_item,
    create_issue,
    delete_issue,
    move_item,
    remove_item,
    restore_finding,
    settle_finding,
)
from service.issues.models import Finding, Issue, Item, Manuscript, Newsletter
from service.issues.queries import list_findings
from service.issues.states import IssueState, ItemKind
from service.mail.headers import text_header
from tests.factories.giving import make_organisation
from tests.factories.publication import make_issue, make_newsletter
from tests.fixtures.services import OpenTransaction


@pytest.fixture
def issue_id(open_transaction: OpenTransaction) -> int:
    with open_transaction() as session:
        return make_issue(session, make_newsletter(session)).id


def _change_item(session, item: Item, revision: int, markdown: str) -> Item:  # type: ignore[no-untyped-def]
    return change_item(
        session, item.id, revision, kind=item.kind, title=item.title, byline=[], language="en", markdown=markdown
    )


def test_a_new_issue_is_numbered_after_the_newest(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        newest = session.get_one(Issue, issue_id)
        created = create_issue(session, session.get_one(Newsletter, newest.newsletter_id))
        assert (created.volume, created.number) == (newest.volume, newest.number + 1)


@pytest.mark.parametrize(("has_office", "day"), [(False, date(2027, 1, 1)), (True, date(2026, 12, 31))])
def test_a_new_issue_is_dated_by_the_office_s_calendar(
    open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch, *, has_office: bool, day: date
) -> None:
    monkeypatch.setattr("service.issues.editing.now", lambda: datetime(2027, 1, 1, 1, 30, tzinfo=UTC))
    with open_transaction() as session:
        if has_office:
            make_organisation(session)  # in New York
        assert create_issue(session, make_newsletter(session)).issued_on == day


def test_a_save_over_a_newer_save_is_refused_and_changes_nothing(
    open_transaction: OpenTransaction, issue_id: int
) -> None:
    with open_transaction() as session:
        item = session.get_one(Issue, issue_id).items[0]
        seen = item.revision
        _change_item(session, item, seen, "The first window's text.")
    with pytest.raises(Conflict, match="another window"), open_transaction() as session:
        _change_item(session, session.get_one(Item, item.id), seen, "The second window's text.")
    with open_transaction() as session:
        assert session.get_one(Item, item.id).markdown == "The first window's text."


@pytest.mark.parametrize("state", [state for state in IssueState if state is not IssueState.DRAFT])
def test_what_was_released_is_sealed(open_transaction: OpenTransaction, issue_id: int, state: IssueState) -> None:
    with open_transaction() as session:
        session.get_one(Issue, issue_id).state = state
        item_id = session.get_one(Issue, issue_id).items[0].id
    for change in (
        lambda session: add_item(session, issue_id, ItemKind.BRIEF),
        lambda session: move_item(session, item_id, 1),
        lambda session: remove_item(session, item_id),
        lambda session: delete_issue(session, issue_id),
        lambda session: _change_item(session, session.get_one(Item, item_id), 1, "late"),
    ):
        with pytest.raises(Conflict, match="sealed"), open_transaction() as session:
            change(session)


def test_items_trade_places_and_stop_at_the_edges(open_transaction: OpenTransaction, issue_id: int) -> None:
    with open_transaction() as session:
        ids = [item.id for item in session.get_one(Issue, issue_id).items]
        move_item(session, ids[0], -1)
        move_item(session, ids[0], 1)
    with open_transaction() as session:
        assert [item.id for item in session.get_one(Issue, issue_id).items] == [ids[1], ids[0], *ids[2:]]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [({"number": 0}, "start at 1"), ({"number": 2}, "taken"), ({"title": "x" * 301}, "at most 300")],
)
def test_a_masthead_that_will_not_do_is_refused_in_a_sentence(
    open_transaction: OpenTransaction, issue_id: int, changes: dict[str, object], sentence: str
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        make_issue(session, issue.newsletter, number=2)
    facts = {
        "volume": 1, "number": 1, "issued_on": date(2026, 11, 1), "title": "A", "preheader": "B", "language": "en",
    }  # fmt: skip
    with pytest.raises(BadInput, match=sentence), open_transaction() as session:
        change_issue(session, issue_id, 1, **(facts | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("char", "\r\n\x0b\x0c\x1b\x01\x7f\x85\u2028\u2029\x00\ud800")
def test_case_43_no_line_of_a_masthead_keeps_what_would_break_a_header(
    open_transaction: OpenTransaction, issue_id: int, char: str
) -> None:
    with open_transaction() as session:
        issue = session.get_one(Issue, issue_id)
        lines = {"title": f"Hello{char}Bcc: everyone@evil.test", "preheader": f"A{char}B"}
        facts = {"volume": 1, "number": 1, "issued_on": date(2026, 11, 1), "language": "en", **lines}
        change_issue(session, issue_id, issue.revision, **facts)  # type: ignore[arg-type]
    with open_transaction() as session:
        title = session.get_one(Issue, issue_id).title
    assert title.replace(" ", "") == "HelloBcc:everyone@evil.test"
    assert text_header("Subject", title) == f"Subject: {title}\r\n".encode()


def test_a_left_out_line_goes_back_once(open_transaction: OpenTransaction, issue_id: int) -> None:
    finding_id = _leave_out(open_transaction, issue_id)
    for _ in range(2):
        with open_transaction() as session:
            item = session.get_one(Issue, issue_id).items[1]
            restore_finding(session, finding_id, item.id)
    with open_transaction() as session:
        assert session.get_one(Issue, issue_id).items[1].markdown.count("Photo: A. Person") == 1
        assert all(finding.settled_at for finding in list_findings(session, issue_id))


def test_a_left_out_line_never_goes_into_another_issue(open_transaction: OpenTransaction, issue_id: int) -> None:
    finding_id = _leave_out(open_transaction, issue_id)
    with open_transaction() as session:
        newsletter = session.get_one(Issue, issue_id).newsletter
        other = make_issue(session, newsletter, number=9).items[0].id
    with pytest.raises(NotFound), open_transaction() as session:
        restore_finding(session, finding_id, other)


def test_settling_twice_keeps_the_first_time(open_transaction: OpenTransaction, issue_id: int) -> None:
    finding_id = _leave_out(open_transaction, issue_id)
    with open_transaction() as session:
        first = settle_finding(session, finding_id).settled_at
    with open_transaction() as session:
        assert settle_finding(session, finding_id).settled_at == first


def _leave_out(open_transaction: OpenTransaction, issue_id: int) -> int:
    with open_transaction() as session:
        finding = Finding(is_warning=False, line=3, text="Photo: A. Person", reason="picture credit")
        manuscript = Manuscript(filename="a.txt", source=b"...", findings=[finding])
        issue = session.get_one(Issue, issue_id)
        issue.manuscripts.append(manuscript)
        session.flush()
        return finding.id
