"""The readers of a newsletter as a file: safe in a spreadsheet, and the same file after it was read back."""

import csv
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import select

from service.spreadsheets import BYTE_ORDER_MARK
from service.subscribers.exporting import export_rows, export_suppressed
from service.subscribers.importing.undo import ask_undo, undo_import
from service.subscribers.models import Subscriber
from service.subscribers.suppression_models import SuppressionReason
from service.wiring import Services
from tests.factories.readers import stop
from tests.fixtures.services import OpenTransaction
from tests.subscribers.importing.files import HEADER, Bringer

ROWS = [
    ("zoe@x.org", "=1+1", "ru", "active", "2020-01-02T03:04:05.000006+00:00", "", "-footer", "a"),
    ("'+a@x.org", "''Ann", "zh", "active", "", "", "@home", '"b, c",=d'),
    ("+b@Straße.de", "Ёж \t\\ “x”", "de", "unsubscribed", "2020-01-02", "2021-02-03T04:05:06.7+00:00", "", ""),
    ("c@x.org", 'two\nlines, and "quotes"', "en", "active", "2020-01-02", "", "", "é"),
]


@pytest.fixture
def bringer(services: Services, newsletter_id: int, tmp_path: Path) -> Bringer:
    """Brings files into a newsletter without readers."""
    return Bringer(services.factory, newsletter_id, tmp_path)


def make_file() -> str:
    """Return a file of people whose every cell is a trap."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(HEADER.split(","))
    for number, row in enumerate(ROWS):
        fields = '{"@home": "=1", "n": "\'x"}' if number % 2 else ""
        cells = [*row, "monthly" if number else "every", "2090-01-01" if number == 3 else "", fields]
        writer.writerow([f"'{cell}" if cell.startswith("'") else cell for cell in cells])
    return text.getvalue()


def export(bringer: Bringer, open_transaction: OpenTransaction) -> str:
    """Return the newsletter's readers as a file."""
    with open_transaction() as session:
        return "".join(export_rows(session, bringer.newsletter_id))


def test_case_62_no_cell_of_an_export_is_a_formula(bringer: Bringer, open_transaction: OpenTransaction) -> None:
    bringer.bring(make_file())
    text = export(bringer, open_transaction).removeprefix(BYTE_ORDER_MARK)
    cells = [cell for row in csv.reader(StringIO(text, newline="")) for cell in row]
    assert len(cells) == 11 * (len(ROWS) + 1)
    assert not [
        cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"))
    ]
    assert "'=1+1" in cells
    assert "'''Ann" in cells


def test_case_62_an_export_that_is_read_back_is_the_same_export(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    first = bringer.bring(make_file())
    assert (first.rows, first.added, first.skipped) == (4, 3, 1)
    exported = export(bringer, open_transaction)
    with open_transaction() as session:
        ask_undo(session, first.id)
    undo_import(bringer.factory, first.id)
    assert bringer.people() == {}
    again = bringer.bring(exported)
    assert (again.format, again.rows, again.added, again.skipped) == ("Postrider", 4, 3, 1)
    assert export(bringer, open_transaction) == exported
    with open_transaction() as session:
        names = set(session.scalars(select(Subscriber.name)))
    assert names == {"=1+1", "''Ann", "Ёж \t\\ “x”", 'two\nlines, and "quotes"'}


def test_somebody_who_must_not_be_mailed_is_told_so_and_stays_so(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    row = bringer.bring(f"{HEADER}\na@x.org,Ann,en,suppressed,2020-01-02,2021-01-01,,,every,,\n")
    exported = export(bringer, open_transaction)
    assert "a@x.org,Ann,en,suppressed,2020-01-02" in exported
    with open_transaction() as session:
        ask_undo(session, row.id)
    undo_import(bringer.factory, row.id)
    again = bringer.bring(exported)
    assert (again.added, again.suppressed) == (0, 1)


def test_who_must_not_be_mailed_stays_so_in_the_house_that_reads_the_file(
    bringer: Bringer, open_transaction: OpenTransaction
) -> None:
    with open_transaction() as session:
        stop(session, "zoe@x.org", SuppressionReason.COMPLAINT)
        stop(session, "=ann@x.org")
        exported = "".join(export_suppressed(session))
    read = bringer.bring(exported.replace("x.org", "y.org"))  # whom this house does not know yet
    assert (read.format, read.rows, read.added, read.suppressed) == ("Postrider", 2, 0, 2)
    with open_transaction() as session:
        again = list(csv.DictReader(StringIO("".join(export_suppressed(session)).removeprefix(BYTE_ORDER_MARK))))
    assert [row["address"] for row in again] == ["'=ann@x.org", "'=ann@y.org", "zoe@x.org", "zoe@y.org"]
