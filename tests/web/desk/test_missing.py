"""Who has no copy of an issue: counted on a page of its own, and sent to by its button alone."""

import pytest
from sqlalchemy import event

from service.deliveries import planning
from service.deliveries.audiences import tend_audience
from service.deliveries.planning import release_issue
from service.issues.models import Issue
from service.issues.states import IssueState
from service.wiring import Services
from tests.factories.readers import make_reader
from tests.fixtures.services import PUBLIC_URL, OpenTransaction
from tests.web.desk.browsing import Desk, Stock


@pytest.fixture
def path(stock: Stock, open_transaction: OpenTransaction) -> str:
    """The page of an issue that went to three readers."""
    with open_transaction() as session:
        release_issue(session, stock.issue_id, PUBLIC_URL)
    return f"/desk/issues/{stock.issue_id}/missing"


def add_readers(open_transaction: OpenTransaction, stock: Stock, *names: str) -> None:
    """Let more people join."""
    with open_transaction() as session:
        for name in names:
            make_reader(session, stock.newsletter_id, f"{name}@example.org")


def set_state(open_transaction: OpenTransaction, stock: Stock, state: IssueState) -> None:
    """Let the issue stand so."""
    with open_transaction() as session:
        session.get_one(Issue, stock.issue_id).state = state


def test_the_missing_are_counted_where_they_are_asked_for_and_sent_to_by_the_button(
    desk: Desk, stock: Stock, path: str, open_transaction: OpenTransaction
) -> None:
    assert f'href="{path}"' in desk.read(f"/desk/issues/{stock.issue_id}/results")
    page = desk.read(path)
    assert "Nobody is missing" in page
    assert "Send to" not in page
    add_readers(open_transaction, stock, "late")
    assert "1 reader may get it and has no copy" in desk.read(path)
    add_readers(open_transaction, stock, "later")
    page = desk.read(path)
    assert "2 readers may get it and have no copy" in page
    assert "Send to 2 readers" in page
    assert "paused" not in page
    desk.post(path)
    assert "Nobody is missing" in desk.read(path)


def test_of_a_paused_issue_it_says_that_the_copies_wait(
    desk: Desk, stock: Stock, path: str, open_transaction: OpenTransaction
) -> None:
    set_state(open_transaction, stock, IssueState.PAUSED)
    add_readers(open_transaction, stock, "late")
    assert "the copies leave when it is resumed" in desk.read(path)


@pytest.mark.parametrize("state", [IssueState.DRAFT, IssueState.HELD, IssueState.CANCELLED])
def test_an_issue_that_takes_no_copies_offers_none(
    desk: Desk, stock: Stock, path: str, open_transaction: OpenTransaction, state: IssueState
) -> None:
    set_state(open_transaction, stock, state)
    results = f"/desk/issues/{stock.issue_id}/results"
    assert desk.get(path).location == results
    assert path not in desk.read(results)


def test_an_editor_is_offered_none(editor_desk: Desk, stock: Stock, path: str) -> None:
    assert path not in editor_desk.read(f"/desk/issues/{stock.issue_id}/results")
    assert editor_desk.get(path).status_code == 403


def test_the_results_are_shown_without_looking_for_everybody_who_has_no_copy(
    desk: Desk, stock: Stock, path: str, services: Services
) -> None:
    statements: list[str] = []

    def looked() -> bool:
        return any("NOT (EXISTS" in one and "deliveries" in one for one in statements)

    event.listen(services.factory.kw["bind"], "before_cursor_execute", lambda *args: statements.append(args[2]))
    desk.read(f"/desk/issues/{stock.issue_id}/results")
    assert not looked()
    desk.read(path)
    assert looked()


def test_among_many_readers_nobody_is_counted_in_front_of_the_page_and_progress_says_how_far_the_search_is(
    desk: Desk, stock: Stock, path: str, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch,
    services: Services,
) -> None:  # fmt: skip
    monkeypatch.setattr(planning, "AT_ONCE", 3)
    add_readers(open_transaction, stock, "late")
    set_state(open_transaction, stock, IssueState.SENT)
    page = desk.read(path)
    assert "too many readers to count here" in page
    assert "whoever is found gets the issue at once" in page
    assert "Look for them and send</button>" in page
    progress = f"/desk/issues/{stock.issue_id}/progress"
    assert "looked at" not in desk.read(progress)
    assert desk.post(path).location == progress
    page = desk.read(progress)
    assert "Those who have no copy are being looked for." in page
    assert "Looking for readers who have no copy: 0 of 4 readers looked at. Whoever is found gets one at once." in page
    assert "Look again</a>" in page  # the page keeps itself up to date, though the issue is sent
    tend_audience(services.factory, stock.issue_id)
    page = desk.read(progress)
    assert "looked at" not in page
    assert "of 4 copies done" in page
    assert "had those still missing looked for" in desk.read(f"/desk/issues/{stock.issue_id}")


def test_among_many_readers_of_a_paused_issue_it_says_that_the_copies_wait(
    desk: Desk, stock: Stock, path: str, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "AT_ONCE", 2)
    set_state(open_transaction, stock, IssueState.PAUSED)
    assert "whoever is found waits: the issue is paused" in desk.read(path)
    desk.post(path)
    assert "Whoever is found waits with the issue." in desk.read(f"/desk/issues/{stock.issue_id}/progress")
