"""Taking a table along: who may, what is noted, and that looking takes nothing."""

from sqlalchemy import select, text

from service.staff.models import AuditEntry
from tests.fixtures.services import OpenTransaction
from tests.web.desk.bookkeeping import Shelf
from tests.web.desk.browsing import Desk, words_of

YEAR = {"first": "2026-01-01", "last": "2026-12-31"}


def test_a_table_is_downloaded_and_noted(treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction) -> None:
    assert shelf
    for table, rows in (("ledger", 20), ("gifts", 8)):
        answer = treasurer_desk.post("/desk/export", table=table, **YEAR)
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{table}-2026-01-01-2026-12-31.csv"'
        assert answer.content_type == "text/csv; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        assert len(answer.data.decode("utf-8-sig").splitlines()) == rows + 1
    with open_transaction() as session:
        noted = session.execute(select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.id)).all()
    assert noted == [
        ("Took the ledger along", {"period": "2026-01-01 to 2026-12-31"}),
        ("Took the gifts along", {"period": "2026-01-01 to 2026-12-31"}),
    ]


def test_a_download_that_is_broken_off_leaves_no_transaction_open(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    answer = treasurer_desk.post("/desk/export", table="ledger", **YEAR)
    assert next(answer.iter_encoded()).startswith("\ufeffLine".encode())
    answer.close()
    others = "datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"
    with open_transaction() as session:
        busy = f"select count(*) from pg_stat_activity where {others} and state <> 'idle'"  # noqa: S608 - ours
        assert session.scalar(text(busy)) == 0


def test_a_period_that_will_not_do_takes_nothing(
    treasurer_desk: Desk, shelf: Shelf, open_transaction: OpenTransaction
) -> None:
    assert shelf
    cases = (
        ({"first": "2026-12-31", "last": "2026-01-01"}, "ends before it begins"),
        ({"first": "2026-01-01", "last": "9999-12-31"}, "lies between 1900-01-01 and 2999-12-31"),
        ({"first": "0001-01-01", "last": "2026-01-01"}, "lies between 1900-01-01 and 2999-12-31"),
        ({"first": "", "last": "2026-01-01"}, "is written as year, month and day"),
        ({**YEAR, "table": "donors"}, "must be one of"),
    )
    for fields, sentence in cases:
        response = treasurer_desk.post("/desk/export", **{"table": "ledger", **fields})
        assert response.status_code == 422
        assert sentence in words_of(response) or "marked fields" in words_of(response)
    with open_transaction() as session:
        assert session.scalars(select(AuditEntry)).all() == []


def test_an_editor_takes_nothing(editor_desk: Desk, shelf: Shelf) -> None:
    assert shelf
    response = editor_desk.post("/desk/export", table="gifts", **YEAR)
    assert response.status_code == 403
    assert "grace" not in response.text.casefold()
