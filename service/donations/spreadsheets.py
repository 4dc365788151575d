"""Tables for spreadsheet programs: CSV that no program can mistake for formulas. Owns the form, never what is in it.

UTF-8 with a byte order mark, without which Excel reads another encoding; RFC 4180 otherwise.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
# What makes a spreadsheet take a text for a formula (owasp.org, "CSV Injection"), and the wide forms of the same.
_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Cell = str | int | None


class Plain(str):
    """A text that is written as it is: an amount, a date or a word of ours. What a person typed is never one."""

    __slots__ = ()


def write_table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a table as CSV, a line at a time; every text that could be a formula is led by an apostrophe."""
    yield BYTE_ORDER_MARK + _write_line(heads)
    for row in rows:
        yield _write_line([_guard(cell) for cell in row])


def _guard(cell: Cell) -> Cell:
    if isinstance(cell, str) and not isinstance(cell, Plain) and cell.startswith(_DANGEROUS):
        return f"'{cell}"
    return cell


def _write_line(cells: Sequence[Cell]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
