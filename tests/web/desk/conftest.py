"""The desk for tests: a newsletter with a draft and readers, and browsers of a publisher and of an editor."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from playwright.sync_api import Page

from service.staff.roles import Role
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.factories.staff import make_account
from tests.fixtures.services import STAFF_PASSWORD, OpenTransaction
from tests.web.desk.bookkeeping import Shelf, fill_shelf
from tests.web.desk.browsing import EDITOR_ADDRESS, READERS, TREASURER_ADDRESS, Desk, Stock, open_desk
from tests.web.desk.live import sign_in_by_hand
from tests.web.desk.readership import Readership, gather
from tests.web.serving import serve


@pytest.fixture
def editor_account(open_transaction: OpenTransaction) -> int:
    """The id of an editor who can sign in with EDITOR_ADDRESS and STAFF_PASSWORD."""
    with open_transaction() as session:
        return make_account(session, EDITOR_ADDRESS, "Eda Editor", STAFF_PASSWORD, Role.EDITOR).id


@pytest.fixture
def treasurer_account(open_transaction: OpenTransaction) -> int:
    """The id of a treasurer who can sign in with TREASURER_ADDRESS and STAFF_PASSWORD."""
    with open_transaction() as session:
        return make_account(session, TREASURER_ADDRESS, "Tove Treasurer", STAFF_PASSWORD, Role.TREASURER).id


@pytest.fixture
def desk(app: Flask, publisher_account: int) -> Desk:
    """A publisher's browser."""
    return open_desk(app, publisher_account)


@pytest.fixture
def editor_desk(app: Flask, editor_account: int) -> Desk:
    """An editor's browser."""
    return open_desk(app, editor_account)


@pytest.fixture
def treasurer_desk(app: Flask, treasurer_account: int) -> Desk:
    """A treasurer's browser."""
    return open_desk(app, treasurer_account)


@pytest.fixture
def origin(app: Flask, publisher_account: int) -> Iterator[str]:
    """Where the desk answers."""
    assert publisher_account
    with serve(app) as address:
        yield address


@pytest.fixture
def signed_in(origin: str, page: Page) -> Page:
    """A page of a publisher's browser; it closes before the server does."""
    sign_in_by_hand(page, origin)
    return page


@pytest.fixture
def shelf(open_transaction: OpenTransaction, stock: Stock) -> Shelf:
    """Books with gifts of every kind, the first of them asked for by the draft's ask."""
    with open_transaction() as session:
        return fill_shelf(session, stock.issue_id, stock.item_ids[3])


@pytest.fixture
def stock(open_transaction: OpenTransaction) -> Stock:
    """A newsletter with three readers and a draft that passes every check."""
    with open_transaction() as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, READERS)
        issue = make_issue(session, newsletter)
        return Stock(newsletter.id, issue.id, tuple(item.id for item in issue.items))


@pytest.fixture
def year_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be January 2027 for statements: those of 2026 may be sent."""
    monkeypatch.setattr("service.receipts.statements.now", lambda: datetime(2027, 1, 10, tzinfo=UTC))


@pytest.fixture
def put_on_desk(open_transaction: OpenTransaction) -> Callable[..., None]:
    """Store any rows."""

    def store(*rows: object) -> None:
        with open_transaction() as session:
            session.add_all(rows)

    return store


@pytest.fixture
def readership(open_transaction: OpenTransaction) -> Readership:
    """Readers of every kind, of two newsletters."""
    with open_transaction() as session:
        return gather(session)
