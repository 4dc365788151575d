"""Tables for spreadsheet programs: CSV that no program can mistake for formulas. Owns the form, never what is in it.

UTF-8 with a byte order mark, without which Excel reads another encoding; RFC 4180 otherwise. A book that is only looked
at is written by `write_table`; a file that comes back to us by `write_back`, which `unguard` undoes to the letter.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
# What makes a spreadsheet take a text for a formula (owasp.org, "CSV Injection"), and the wide forms of the same.
DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_GUARD: Final = "'"

Cell = str | int | None


class Plain(str):
    """A text that is written as it is: an amount, a date or a word of ours. What a person typed is never one."""

    __slots__ = ()


def write_table(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a table as CSV, a line at a time; every text that could be a formula is led by an apostrophe."""
    yield BYTE_ORDER_MARK + _write_line(heads)
    for row in rows:
        yield _write_line([_guard(cell, DANGEROUS) for cell in row])


def write_back(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Yield a table as `write_table` does, to be read again: a text with an apostrophe of its own gets one more."""
    yield BYTE_ORDER_MARK + _write_line(heads)
    for row in rows:
        yield _write_line([_guard(cell, (*DANGEROUS, _GUARD)) for cell in row])


def unguard(text: str) -> str:
    """Return a cell as it was before `write_back` guarded it."""
    return text.removeprefix(_GUARD)


def unguard_formula(text: str) -> str:
    """Return a cell of somebody else's table without the apostrophe before what looks like a formula.

    Others guard only formulas, so ``'t Hooft`` stays as it is.
    """
    return text[1:] if text[:1] == _GUARD and text[1:].startswith(DANGEROUS) else text


def _guard(cell: Cell, signs: tuple[str, ...]) -> Cell:
    if isinstance(cell, str) and not isinstance(cell, Plain) and cell.startswith(signs):
        return f"{_GUARD}{cell}"
    return cell


def _write_line(cells: Sequence[Cell]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
