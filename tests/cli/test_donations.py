"""``postrider donations``: what it prints, what it leaves, and that a failure is a sentence."""

import csv
import json
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from service.adapters.stripe.gateway import StripeGateway
from service.development.fakestripe.fake import FakeStripe
from service.donations.giftfacts import update_receipt
from service.donations.models import LedgerEntry
from service.donations.states import LedgerKind
from service.errors import BadInput, Conflict, NotFound
from service.receipts.models import Receipt, Statement, StatementState
from service.staff.models import AuditEntry
from tests.adapters.stripe.giving import give_payment
from tests.cli.conftest import Run
from tests.factories.giving import PAID_AT, make_donation, make_donor, make_fund, make_organisation
from tests.fixtures.services import STAFF_ADDRESS, OpenTransaction


@pytest.fixture
def receipt_number(open_transaction: OpenTransaction) -> str:
    """The number of the receipt of the one gift there is."""
    with open_transaction() as session:
        make_organisation(session)
        gift = make_donation(session, make_donor(session), make_fund(session), 5000)
        session.refresh(gift, ["donor", "fund"])
        update_receipt(session, gift)
        return session.scalars(select(Receipt.number)).one()


def test_reconciling_finds_what_no_event_told_and_says_that_all_agrees(
    fake_stripe: FakeStripe, gateway: StripeGateway, run: Run, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session, "archive", "The archive")
    give_payment(fake_stripe, gateway)
    result = run("donations", "reconcile", "--days", "2")
    assert (result.exit_code, result.exception) == (0, None)
    assert "Read 1 payments" in result.output
    assert "Books and processor agree to the cent." in result.output
    found = json.loads(run("donations", "reconcile", "--json").output)
    assert (found["mismatches"], found["payments"], found["lines_added"]) == ([], 1, 0)
    assert found["ledger_minor"] == found["processor_minor"] > 0


def test_a_difference_ends_with_a_sentence_and_a_code(
    fake_stripe: FakeStripe, gateway: StripeGateway, run: Run, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        make_organisation(session)
        make_fund(session, "archive", "The archive")
    give_payment(fake_stripe, gateway)
    run("donations", "reconcile")
    with open_transaction() as session:
        line = session.scalars(select(LedgerEntry).where(LedgerEntry.kind == LedgerKind.GIFT)).one()
        session.add(
            LedgerEntry(
                key="forged",
                donation_id=line.donation_id,
                kind=LedgerKind.GIFT,
                amount_minor=1,
                currency="usd",
                source_id=line.source_id,
                occurred_at=line.occurred_at,
            )
        )
    result = run("donations", "reconcile")
    assert isinstance(result.exception, Conflict)
    assert "They differ." in result.output


def test_without_a_processor_there_is_nothing_to_compare_with(run: Run) -> None:
    assert isinstance(run("donations", "reconcile").exception, BadInput)


def test_statements_are_prepared_approved_by_a_person_and_sent(
    run: Run,
    receipt_number: str,
    publisher_account: int,
    open_transaction: OpenTransaction,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert receipt_number
    monkeypatch.setattr("service.receipts.statements.now", lambda: datetime(2026, 12, 31, tzinfo=UTC))
    early = run("donations", "statements", "2026", "--send")
    assert isinstance(early.exception, Conflict)
    with open_transaction() as session:
        assert session.scalars(select(Statement)).all() == []
    monkeypatch.setattr("service.receipts.statements.now", lambda: datetime(2027, 1, 2, tzinfo=UTC))
    prepared = run("donations", "statements", "2026")
    assert "Grace Giver <grace.giver@example.org>" in prepared.output
    assert "made 1" in prepared.output
    refused = run("donations", "statements", "2026", "--approve")
    assert isinstance(refused.exception, BadInput)
    done = run("donations", "statements", "2026", "--approve", "--send", "--account", STAFF_ADDRESS, "--json")
    said = json.loads(done.output)
    assert (said["approved"], said["sent"], said["statements"][0]["state"]) == (1, 1, "sent")
    again = json.loads(run("donations", "statements", "2026", "--send", "--json").output)
    assert (again["sent"], again["unchanged"]) == (0, 1)
    with open_transaction() as session:
        statement = session.scalars(select(Statement)).one()
        assert (statement.state, statement.approved_by_id) == (StatementState.SENT, publisher_account)


def test_an_unknown_member_of_staff_approves_nothing(run: Run, receipt_number: str) -> None:
    assert receipt_number
    result = run("donations", "statements", "2026", "--approve", "--account", "nobody@example.org")
    assert isinstance(result.exception, NotFound)


def test_a_receipt_is_written_by_its_number_or_its_id(run: Run, receipt_number: str, tmp_path: Path) -> None:
    for which in (receipt_number, "1"):
        path = tmp_path / f"{which}.pdf"
        result = run("donations", "receipt", which, "--output", str(path))
        assert result.exception is None
        assert f"Receipt {receipt_number}, version 1, issued" in result.output
        assert path.read_bytes().startswith(b"%PDF-")
    for which in ("2026-999999", "999", "9" * 19, "9" * 5000, "nonsense"):
        assert isinstance(run("donations", "receipt", which).exception, NotFound)


def test_a_table_is_written_for_the_accountant_and_noted(
    run: Run, receipt_number: str, tmp_path: Path, open_transaction: OpenTransaction
) -> None:
    path = tmp_path / "gifts.csv"
    day = PAID_AT.date().isoformat()
    result = run("donations", "export", "--what", "gifts", "--from", day, "--to", day, "--output", str(path))
    assert result.exception is None
    (row,) = csv.DictReader(StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    assert (row["Amount"], row["Receipt"]) == ("50.00", receipt_number)
    lines = run("donations", "export", "--from", day, "--to", day, "--output", "-").output.splitlines()
    assert len(lines) == 3  # heads, gift, fee
    assert run("donations", "export", "--output", "-").output.startswith("\ufeffLine,Day")
    bad = run("donations", "export", "--from", "2026-02-01", "--to", "2026-01-01", "--output", "-")
    assert isinstance(bad.exception, BadInput)
    endless = run("donations", "export", "--to", "9999-12-31", "--output", "-")
    assert isinstance(endless.exception, BadInput)
    with open_transaction() as session:
        actions = session.scalars(select(AuditEntry.action)).all()
    assert actions == [f"Took the {what} along by the command line" for what in ("gifts", "ledger", "ledger")]
