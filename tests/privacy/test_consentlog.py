"""The auditor's table: every proof, everybody it is about, and no cell that a spreadsheet runs."""

import csv
import tracemalloc
from datetime import UTC, datetime
from io import StringIO

import pytest
from sqlalchemy import select, text

from service.privacy.consentlog import AT_ONCE, COLUMNS, Period, export_consent
from service.spreadsheets import BYTE_ORDER_MARK
from service.staff.roles import Role
from service.subscribers.consent import wording_version
from service.subscribers.deeds import WishWay, end_for_reader
from service.subscribers.models import ConsentEvent
from tests.factories.staff import make_account
from tests.fixtures.services import STAFF_PASSWORD, OpenTransaction
from tests.web.desk.readership import BROUGHT, JANE, STATEMENT, WORDING, Readership, gather


@pytest.fixture
def readership(open_transaction: OpenTransaction) -> Readership:
    """Readers of every kind."""
    with open_transaction() as session:
        return gather(session)


def read(open_transaction: OpenTransaction, period: Period | None = None) -> list[dict[str, str]]:
    """Return the log as a spreadsheet reads it."""
    with open_transaction() as session:
        whole = "".join(export_consent(session, period or Period()))
    return list(csv.DictReader(StringIO(whole.removeprefix(BYTE_ORDER_MARK), newline="")))


def test_each_proof_has_a_row_with_its_wording(open_transaction: OpenTransaction, readership: Readership) -> None:
    rows = read(open_transaction)
    assert tuple(rows[0]) == COLUMNS
    assert [(row["newsletter"], row["event"], row["source"]) for row in rows if row["address"] == JANE] == [
        ("crossings", "request", "signup-page"),
        ("crossings", "confirm", "confirm-page"),
        ("border-notes", "request", "signup-page"),
        ("border-notes", "confirm", "confirm-page"),
    ]
    first = rows[0]
    assert (first["wording"], first["version"], first["evidence"]) == (WORDING, wording_version(WORDING), "")
    assert datetime.fromisoformat(first["when (UTC)"]).utcoffset() == datetime.now(UTC).utcoffset()
    with open_transaction() as session:
        alone = session.scalars(select(ConsentEvent).where(ConsentEvent.import_id.is_(None))).all()
    assert len(rows) == len(alone) + 1
    assert readership


def test_who_came_by_a_file_has_a_row_with_its_words_in_the_order_of_the_log(
    open_transaction: OpenTransaction, readership: Readership
) -> None:
    with open_transaction() as session:
        file_id = session.scalars(select(ConsentEvent.import_id).where(ConsentEvent.import_id.is_not(None))).one()
        session.execute(
            text("update subscriptions set import_id = :file where subscriber_id = :reader"),
            {"file": file_id, "reader": readership.left_id},
        )
    rows = [row for row in read(open_transaction) if row["event"] == "import"]
    assert [row["address"] for row in rows] == ["left@example.org", BROUGHT]
    assert {(row["wording"], row["evidence"]) for row in rows} == {(f"'{STATEMENT}", f"import {file_id}")}
    moments = [row["when (UTC)"] for row in read(open_transaction)]
    assert moments == sorted(moments)


def test_an_erased_person_is_a_number(open_transaction: OpenTransaction, readership: Readership) -> None:
    rows = [row for row in read(open_transaction) if row["address"] == f"erased:{readership.erased_id}"]
    assert [row["event"] for row in rows] == ["request", "confirm", "erase"]
    assert rows[2]["wording"] == "Erased by staff, because the reader asked for it by letter."


def test_staff_are_named(open_transaction: OpenTransaction, readership: Readership) -> None:
    with open_transaction() as session:
        account = make_account(session, "eda@office.example", "=Eda", STAFF_PASSWORD, Role.PUBLISHER)
        session.add(
            ConsentEvent(
                subscription_id=readership.janes_tie,
                event="unsubscribe",
                source="staff",
                wording="Ended.",
                account_id=account.id,
            )
        )
    assert read(open_transaction)[-1]["staff"] == "'=Eda"


def test_a_newsletter_and_a_period_narrow_the_log(open_transaction: OpenTransaction, readership: Readership) -> None:
    of_other = read(open_transaction, Period(newsletter_id=readership.other_id))
    assert {row["newsletter"] for row in of_other} == {"border-notes"}
    with open_transaction() as session:
        end_for_reader(session, readership.janes_tie, WishWay.MAIL, note="", account_id=1)
    with open_transaction() as session:
        last = session.scalars(select(ConsentEvent.happened_at).order_by(ConsentEvent.id.desc()).limit(1)).one()
    everything = read(open_transaction)
    before, since = (read(open_transaction, period) for period in (Period(until=last), Period(since=last)))
    assert [row["event"] for row in since] == ["unsubscribe"]
    assert [*before, *since] == everything
    assert read(open_transaction, Period(until=datetime(2000, 1, 1, tzinfo=UTC))) == []


def test_a_large_file_of_people_is_told_at_flat_memory(
    open_transaction: OpenTransaction, readership: Readership
) -> None:
    many = 20 * AT_ONCE
    with open_transaction() as session:
        session.execute(
            text(
                "with p as (insert into subscribers (address, mailed_address, address_key, language) select a, a, a, "
                "'en' from (select 'reader-' || n || '@example.org' as a from generate_series(1, :many) n) b "
                "returning id) insert into subscriptions (subscriber_id, newsletter_id, state, import_id) "
                "select p.id, :newsletter, 'active', i.id from p cross join imports i"
            ),
            {"many": many, "newsletter": readership.newsletter_id},
        )
    with open_transaction() as session:
        lines = export_consent(session, Period())
        for _ in range(2 * AT_ONCE):
            next(lines)
        tracemalloc.start()
        count = sum(1 for _ in lines)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert count > many - 2 * AT_ONCE
    assert peak < 3_000_000  # bytes; all rows at once are ten times as much
