"""How a stored file begins is shown as it is read, whatever its letters; columns are guessed by their names alone."""

import pytest

from service.lists.archives import Part
from service.subscribers.importing.columns import SAMPLE, guess_columns, read_start
from service.subscribers.importing.upload import inspect_lists, store_lists
from tests.fixtures.services import OpenTransaction
from tests.subscribers.importing.files import STATEMENT, Bringer

ROWS = "".join(f"Анна {number} Ölund,anna{number}@example.org,Ялта\n" for number in range(60_000))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1251"])
@pytest.mark.parametrize("size", [2, 60_000])
def test_a_file_begins_as_it_is_read_in_every_encoding(
    bringer: Bringer, open_transaction: OpenTransaction, encoding: str, size: int
) -> None:
    text = ("Wer,Wohin,Где\n" + "".join(ROWS.splitlines(keepends=True)[:size])).replace("Ö", "O")
    path = bringer.folder / "upload"
    path.write_bytes(text.encode(encoding))
    lists = inspect_lists([Part("list.csv", lambda: path.open("rb"))])
    assert [(each.is_clear, each.format) for each in lists] == [(False, "")]
    with open_transaction() as session:
        (import_id,) = store_lists(session, bringer.newsletter_id, lists, statement=STATEMENT, is_dry_run=True)
    with open_transaction() as session:
        start = read_start(session, import_id)
    assert (list(start.header), start.house) == (["Wer", "Wohin", "Где"], "")
    expected = [[f"Анна {number} Olund", f"anna{number}@example.org", "Ялта"] for number in range(min(size, SAMPLE))]
    assert [list(row) for row in start.rows] == expected


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (["E-Mail", "Vorname", "Nachname"], {"address": "E-Mail", "first_name": "Vorname", "last_name": "Nachname"}),
        (["Почта", "Имя", "Статус"], {"address": "Почта", "name": "Имя", "status": "Статус"}),
        (["Wer", "Wohin", "Lang"], {"language": "Lang"}),
        (["", "email", "email"], {"address": "email"}),
        (["who"], {}),
        (["", ""], {}),
    ],
)
def test_columns_are_guessed_by_names_that_leave_no_doubt(header: list[str], found: dict[str, str]) -> None:
    assert {what: column for what, column in guess_columns(header).items() if column} == found
