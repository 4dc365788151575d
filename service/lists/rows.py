"""Bytes become rows, at flat memory. Owns quotes, delimiters and lines that are no rows; never what a column means.

A row that cannot be trusted costs itself and nothing else: a quote that is never closed would otherwise swallow the
people after it, so its line is set aside and reading goes on with the next.
"""

import csv
import re
from collections.abc import Iterator
from functools import partial
from io import TextIOWrapper
from itertools import islice
from typing import BinaryIO, Final

from service.errors import BadInput
from service.lists.encodings import Encoding, find_encoding
from service.lists.entries import BadLine

LONGEST_LINE: Final = 1_000_000  # characters; a longer one is no list of people
MOST_LINES: Final = 50  # of one row: a note of fifty lines, or a quote that is never closed
MOST_COLUMNS: Final = 500
_DELIMITERS: Final = ",;\t|"
_HINT: Final = re.compile(r'"?sep=([,;|\t])"?\s*')  # Excel's own first line, support.microsoft.com
_ADDRESS: Final = re.compile(r"""[^\s"',;|<>]+@[^\s"',;|<>]+""")
_ESCAPED: Final = re.compile("[\udc80-\udcff]")
_NO_TEXT: Final = re.compile("[\0\udc80-\udcff]")  # what neither a page nor the database can hold
_UNCLOSED: Final = (
    "A quote opens in this line and is not closed where a cell ends; the lines after it were read on their own."
)


class RowReader:
    """The rows of one file, its ``header`` apart. ``encoding`` and ``delimiter`` are what the file was read with."""

    header: list[str]

    def __init__(self, source: BinaryIO) -> None:
        """Read the header.

        Raises:
            BadInput: when this is no table of text, or its first line does not name the columns.
        """
        self.encoding: Encoding = find_encoding(source)
        source.seek(0)
        errors = "surrogateescape" if self.encoding.is_damaged else "strict"
        self._lines = _Lines(TextIOWrapper(source, self.encoding.name, errors, newline=""))
        self.delimiter = self._find_delimiter()
        self.header = self._read_header()

    def __iter__(self) -> Iterator[tuple[int, list[str]] | BadLine]:
        """Yield each row with the number of its first line, as wide as the header; or the line that is none."""
        while block := self._lines.take_some():
            first = self._lines.number - len(block) + 1
            rows = self._read_plainly(block)
            if rows is None:
                self._lines.take_back(block)
                yield from self._read_one_by_one(first + len(block))
            else:
                yield from ((line, cells) for line, cells in enumerate(rows, first) if any(cells))

    def _read_plainly(self, block: list[str]) -> list[list[str]] | None:
        """Return the rows of as many lines, or None where a row goes over several, or one can't be trusted."""
        if self.encoding.is_damaged or "\0" in "".join(block) or max(map(len, block)) >= LONGEST_LINE:
            return None
        try:
            rows = list(csv.reader(block, delimiter=self.delimiter, strict=True))
        except csv.Error:
            return None
        return rows if len(rows) == len(block) and {*map(len, rows)} <= {0, len(self.header)} else None

    def _read_one_by_one(self, end: int) -> Iterator[tuple[int, list[str]] | BadLine]:
        """Yield the rows that begin before the line ``end``, or what is wrong with them."""
        lines, width = self._lines, len(self.header)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        while lines.number + 1 < end:
            lines.taken.clear()
            first = lines.number + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                cells = []
                reason = _UNCLOSED
            else:
                reason = self._find_fault(cells, width)
            if reason:
                yield BadLine(first, _find_address(lines.taken[0]), reason)
                if len(lines.taken) > 1:
                    lines.put_back()
                reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            elif any(cells):
                yield first, cells if len(cells) == width else _fit(cells, width)

    def _find_fault(self, cells: list[str], width: int) -> str:
        """Return why a row can't be trusted, or nothing."""
        taken = self._lines.taken
        if len(taken) > 1 and (len(cells) != width or self._holds_rows(cells, taken[1:])):
            return _UNCLOSED
        if len(cells) > width and any(cells[width:]):
            return f"It has {len(cells)} cells where the header names {width} columns: a delimiter too many."
        if "\0" in "".join(taken):
            return "It holds a NUL, which no text has: the file is damaged here."
        if self.encoding.is_damaged and any(map(_ESCAPED.search, taken)):
            return "Its letters are not UTF-8, as the rest of the file is."
        return ""

    def _holds_rows(self, cells: list[str], lines: list[str]) -> bool:
        """Tell whether a line inside a cell is a row by itself, with an address where the row around it has one."""
        places = [place for place, cell in enumerate(cells) if _ADDRESS.fullmatch(cell.strip())]
        for line in lines:
            if "@" not in line:
                continue
            try:
                inner = next(csv.reader([line], delimiter=self.delimiter, strict=True))
            except csv.Error:
                continue
            if len(inner) == len(cells) and any(_ADDRESS.fullmatch(inner[place].strip()) for place in places):
                return True
        return False

    def _find_delimiter(self) -> str:
        line = self._lines.peek()
        if hint := _HINT.fullmatch(line):
            next(self._lines)
            return hint[1]
        widths = {sign: len(next(csv.reader([line], delimiter=sign), [])) for sign in _DELIMITERS}
        return max(widths, key=lambda sign: widths[sign])

    def _read_header(self) -> list[str]:
        try:
            cells = next(csv.reader(self._lines, delimiter=self.delimiter, strict=True))
        except (StopIteration, csv.Error) as error:
            raise BadInput("The first line of this file does not name its columns.") from error
        if any(map(_ADDRESS.search, cells)):
            raise BadInput(
                "The first line must name the columns; here it holds an address already. Add a line above it."
            )
        if len(cells) > MOST_COLUMNS:
            raise BadInput(f"This file has {len(cells):,} columns; the most that we read is {MOST_COLUMNS}.")
        return [_NO_TEXT.sub("\ufffd", cell).strip() for cell in cells]


def _fit(cells: list[str], width: int) -> list[str]:
    return (cells + [""] * (width - len(cells)))[:width]


class _Lines:
    """Hands lines to the csv module, and keeps those of the row at hand so that they can be read again."""

    def __init__(self, stream: TextIOWrapper) -> None:
        self.number = 0
        self.taken: list[str] = []
        self._stream = stream
        self._again: list[str] = []
        self._rest = iter(partial(stream.readline, LONGEST_LINE), "")

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.taken) >= MOST_LINES:
            raise csv.Error
        line = self._again.pop() if self._again else self._stream.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        if len(line) >= LONGEST_LINE:
            raise BadInput(
                f"Line {self.number + 1} is longer than {LONGEST_LINE:,} characters: this is no list of people."
            )
        self.number += 1
        self.taken.append(line)
        return line

    def take_some(self) -> list[str]:
        """Return the next lines, as many as one row may have; none at the end."""
        self.taken.clear()
        again = [self._again.pop() for _ in range(min(len(self._again), MOST_LINES))]
        block = again or list(islice(self._rest, MOST_LINES))
        self.number += len(block)
        return block

    def take_back(self, block: list[str]) -> None:
        """Let lines that were just taken be read again."""
        self.number -= len(block)
        self._again += reversed(block)

    def peek(self) -> str:
        """Return the first line that is not blank without taking it."""
        while not (line := next(self, "end")).strip():
            self.taken.clear()
        if line == "end" and not self.taken:
            raise BadInput("This file is empty.")
        self.taken.clear()
        self.number -= 1
        self._again.append(line)
        return line

    def put_back(self) -> None:
        """Let the lines of the row at hand be read again, but for its first."""
        self.take_back(self.taken[1:])


def _find_address(line: str) -> str:
    found = _ADDRESS.search(line)
    return found[0].encode("utf-8", "replace").decode()[:254] if found else ""
