"""A year's statements on the desk: prepared, looked at, approved by a person, sent once."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from service.mail.models import Letter, LetterKind
from service.receipts.models import Statement, StatementState
from service.staff.models import Account, AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of


def states(open_transaction: OpenTransaction) -> list[StatementState]:
    """Return the states of every statement."""
    with open_transaction() as session:
        return list(session.scalars(select(Statement.state).order_by(Statement.id)))


def newest(open_transaction: OpenTransaction) -> int:
    """Return the newest statement's id, as the page puts it into its form."""
    with open_transaction() as session:
        return session.scalar(select(func.max(Statement.id))) or 0


@pytest.mark.usefixtures("year_is_over")
def test_statements_are_prepared_approved_and_sent_once(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    treasurer_desk.post("/desk/statements/2026/prepare")
    assert states(open_transaction) == [StatementState.DRAFT] * 3
    assert "3 made" in treasurer_desk.read("/desk/statements?year=2026")
    treasurer_desk.post("/desk/statements/2026/send")
    assert states(open_transaction) == [StatementState.DRAFT] * 3
    first = newest(open_transaction) - 2
    treasurer_desk.post(f"/desk/statements/{first}/approve-one")
    for _ in range(2):
        treasurer_desk.post("/desk/statements/2026/send")
    assert sorted(states(open_transaction)) == [StatementState.DRAFT, StatementState.DRAFT, StatementState.SENT]
    treasurer_desk.post("/desk/statements/2026/approve", seen=newest(open_transaction))
    treasurer_desk.post("/desk/statements/2026/send")
    assert states(open_transaction) == [StatementState.SENT] * 3
    with open_transaction() as session:
        assert session.scalar(select(func.count(Letter.id)).where(Letter.kind == LetterKind.STATEMENT)) == 3
        approvers = session.scalars(select(Account.name).join(Statement).distinct()).all()
        assert approvers == ["Tove Treasurer"]
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert "Approved 2 statements of 2026" in actions


def test_drafts_that_nobody_looked_at_are_not_approved(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    treasurer_desk.post("/desk/statements/2026/prepare")
    seen = newest(open_transaction)
    treasurer_desk.post(f"/desk/donors/{shelf.donor_id}", donor_name="Grace Gyver", language="en")
    treasurer_desk.post("/desk/statements/2026/prepare")
    treasurer_desk.post("/desk/statements/2026/approve", seen=seen)
    assert StatementState.APPROVED not in states(open_transaction)
    assert "nothing was approved" in treasurer_desk.read("/desk/statements?year=2026")


def test_a_statement_is_shown_as_a_pdf(treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    assert shelf
    treasurer_desk.post("/desk/statements/2026/prepare")
    answer = treasurer_desk.get(f"/desk/statements/{newest(open_transaction)}.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF-")


def test_a_year_without_gifts_and_a_strange_year_are_pages_too(treasurer_desk: Desk, shelf: Shelf) -> None:
    assert shelf
    assert "Nothing is prepared for 2023 yet." in treasurer_desk.read("/desk/statements?year=2023")
    for year in ("1", "9999", "x", "-5"):
        assert re.search(r"<h1>Statements of 20\d\d</h1>", treasurer_desk.read(f"/desk/statements?year={year}"))
    response = treasurer_desk.post("/desk/statements/2023/prepare")
    assert response.status_code == 302
    assert "No gift of that year" in treasurer_desk.read("/desk/statements?year=2023")


def test_a_year_that_goes_on_is_looked_at_and_not_sent(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shelf
    monkeypatch.setattr("service.receipts.statements.now", lambda: datetime(2026, 12, 31, 12, tzinfo=UTC))
    treasurer_desk.post("/desk/statements/2026/prepare")
    treasurer_desk.post("/desk/statements/2026/approve", seen=newest(open_transaction))
    shown = treasurer_desk.read("/desk/statements?year=2026")
    assert "2026 has not ended yet" in shown
    assert "Send the 3 approved" not in shown
    assert treasurer_desk.post("/desk/statements/2026/send").status_code == 302
    assert "its statements can be sent from 1 January 2027" in treasurer_desk.read("/desk/statements?year=2026")
    assert states(open_transaction) == [StatementState.APPROVED] * 3
    monkeypatch.setattr("service.receipts.statements.now", lambda: datetime(2027, 1, 1, 12, tzinfo=UTC))
    assert "Send the 3 approved" in treasurer_desk.read("/desk/statements?year=2026")


@pytest.mark.usefixtures("year_is_over")
def test_a_sent_statement_is_not_approved_again(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    treasurer_desk.post("/desk/statements/2026/prepare")
    one = newest(open_transaction)
    treasurer_desk.post(f"/desk/statements/{one}/approve-one")
    treasurer_desk.post("/desk/statements/2026/send")
    treasurer_desk.post(f"/desk/statements/{one}/approve-one")
    assert "only a draft is approved" in words_of(treasurer_desk.get("/desk/statements?year=2026"))
    assert treasurer_desk.post("/desk/statements/999/approve-one").status_code == 404
