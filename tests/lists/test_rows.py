"""A file's rows: what is one comes through with its line, what is none is told by line, and nobody after it is lost."""

import tracemalloc
from collections.abc import Iterator
from io import BytesIO, RawIOBase
from typing import BinaryIO, cast

import pytest

from service.errors import BadInput
from service.lists.entries import BadLine
from service.lists.rows import MOST_LINES, RowReader


def rows_of(text: str | bytes) -> list[tuple[int, list[str]] | BadLine]:
    """Return all rows of a file, its header apart."""
    return list(RowReader(BytesIO(text if isinstance(text, bytes) else text.encode())))


def told(text: str | bytes) -> list[tuple[int, str]]:
    """Return each row as its line and its first cell; of a bad line, the address found in it."""
    return [
        (row.line, f"bad {row.address}") if isinstance(row, BadLine) else (row[0], row[1][0]) for row in rows_of(text)
    ]


ODD = pytest.mark.parametrize(
    ("odd", "expected"),
    [
        ("\n", []),
        ('a@x.org,"two\nlines"\n', [(0, "a@x.org")]),
        ('"a@x.org",Ann\n', [(0, "a@x.org")]),
        ("a@x.org\n", [(0, "a@x.org")]),
        ("a@x.org,A\0nn\n", [(0, "bad a@x.org")]),
        ("a@x.org,Ann,Smith\n", [(0, "bad a@x.org")]),
        ('a@x.org,"Ann\n', [(0, "bad a@x.org")]),
        ('a@x.org,"Ann\nb@x.org,Bob"\n', [(0, "bad a@x.org"), (1, "b@x.org")]),
    ],
)


@ODD
@pytest.mark.parametrize("before", [0, 1, MOST_LINES - 3, MOST_LINES - 2, MOST_LINES - 1, MOST_LINES, 3 * MOST_LINES])
def test_an_odd_row_is_read_the_same_wherever_it_stands(odd: str, expected: list[tuple[int, str]], before: int) -> None:
    plain, after = "p@x.org,Pat\n", MOST_LINES + 5
    first, lines = before + 2, odd.count("\n")
    assert told("email,name\n" + plain * before + odd + plain * after) == [
        *((line, "p@x.org") for line in range(2, first)),
        *((first + place, who) for place, who in expected),
        *((line, "p@x.org") for line in range(first + lines, first + lines + after)),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("email,name\na@x.org,Ann\nb@x.org,Bob\n", [(2, "a@x.org"), (3, "b@x.org")]),
        ("email,name\r\na@x.org,Ann\r\n", [(2, "a@x.org")]),
        ("email,name\ra@x.org,Ann\rb@x.org,Bob", [(2, "a@x.org"), (3, "b@x.org")]),
        ("email;name\na@x.org;Ann, junior\n", [(2, "a@x.org")]),
        ("email\tname\na@x.org\tAnn\n", [(2, "a@x.org")]),
        ("sep=;\nemail;name\na@x.org;Ann\n", [(3, "a@x.org")]),
        ("email\na@x.org\n\n  \nb@x.org\n", [(2, "a@x.org"), (4, "  "), (5, "b@x.org")]),
        ('email,note\na@x.org,"two\nlines, and ""more"""\nb@x.org,\n', [(2, "a@x.org"), (4, "b@x.org")]),
        ("email,name,note\na@x.org\nb@x.org,Bob,,,,\n", [(2, "a@x.org"), (3, "b@x.org")]),
        ("email,name\na@x.org,Ann,Smith\nb@x.org,Bob\n", [(2, "bad a@x.org"), (3, "b@x.org")]),
        ('email,name\na@x.org,"Ann" Smith\nb@x.org,Bob\n', [(2, "bad a@x.org"), (3, "b@x.org")]),
        ('email,name\na@x.org,"Ann\nb@x.org,Bob\nc@x.org,Cy\n', [(2, "bad a@x.org"), (3, "b@x.org"), (4, "c@x.org")]),
        ("email,name\na@x.org,A\0nn\nb@x.org,Bob\n", [(2, "bad a@x.org"), (3, "b@x.org")]),
    ],
)
def test_rows_come_with_the_line_where_they_begin(text: str, expected: list[tuple[int, str]]) -> None:
    assert told(text) == expected


def test_a_quote_that_closes_by_chance_in_a_later_row_swallows_nobody() -> None:
    text = 'email,name,state\na@x.org,"Ann,active\nb@x.org,Bob,active\nc@x.org,Cy",active\nd@x.org,Di,active\n'
    assert told(text) == [(2, "bad a@x.org"), (3, "b@x.org"), (4, "c@x.org"), (5, "d@x.org")]


def test_a_note_of_several_lines_is_one_cell_though_it_has_as_many_commas_as_a_row() -> None:
    text = 'email,note,state\na@x.org,"I wrote,\nb@x.org is my sister, and\nmail, me@home, soon",active\n'
    assert [row[1][1] for row in rows_of(text)] == ["I wrote,\nb@x.org is my sister, and\nmail, me@home, soon"]


def test_a_quote_that_never_closes_costs_one_line_of_a_long_file() -> None:
    people = "".join(f"p{number}@x.org,P\n" for number in range(10 * MOST_LINES))
    found = told(f'email,name\nbad@x.org,"B\n{people}')
    assert found[0] == (2, "bad bad@x.org")
    assert [address for _, address in found[1:]] == [f"p{number}@x.org" for number in range(10 * MOST_LINES)]


def test_a_cell_over_the_csv_module_s_limit_costs_its_line_only() -> None:
    assert told(f"email,note\na@x.org,{'x' * 200_000}\nb@x.org,\n") == [(2, "bad a@x.org"), (3, "b@x.org")]


def test_a_line_over_the_limit_is_refused_though_its_start_looks_like_a_row() -> None:
    cells = ["a@x.org", *["y" * 125_000] * 7, "y" * 225_000, *["z"] * 8]  # cut at the limit, two rows of nine
    wide = ",".join(cells)
    with pytest.raises(BadInput, match="Line 2 is longer"):
        told(",".join(["email", *map(str, range(8))]) + f"\n{wide}\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\n\n", "empty"),
        (b"ann@x.org,Ann\nbob@x.org,Bob\n", "name the columns"),
        (b"x" * 1_100_000, "no list of people"),
        (b"email\n" + b"y" * 1_100_000, "no list of people"),
        (("," * 600).encode() + b"\n", "columns"),
        ("email\na@x.org\n".encode("utf-16-le"), "UTF-16"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(BadInput, match=sentence):
        rows_of(content)


class Endless(RawIOBase):
    """A file of so many bytes that is made while it is read."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._at = 0
        self._line = b"somebody@example.org,Somebody,2024-01-02T03:04:05Z\n"

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        assert (offset, whence) == (0, 0)
        self._at = 0
        return 0

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._size - self._at)
        start = b"email,name,created_at\n" if self._at == 0 else b""
        whole = start + self._line * (size // len(self._line) + 2)
        self._at += size
        return whole[:size]

    def read1(self, size: int = -1) -> bytes:
        return self.read(size)


def peak_of_reading(size: int) -> int:
    """Return the most bytes that reading a file of that size took."""
    tracemalloc.start()
    try:
        lines: Iterator[object] = iter(RowReader(cast("BinaryIO", Endless(size))))
        assert sum(1 for _ in lines) > size // 60
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_file_ten_times_as_long_takes_no_more_memory() -> None:
    assert peak_of_reading(500_000) < 8_000_000
    assert peak_of_reading(5_000_000) < 8_000_000


@pytest.mark.parametrize("spoiled", [b"na\xffme", b"na\0me"])
def test_a_column_s_name_holds_nothing_that_the_database_can_t(spoiled: bytes) -> None:
    rows = RowReader(BytesIO(b"email," + spoiled + ",寄来的信\n".encode()))
    assert rows.header == ["email", "na\ufffdme", "寄来的信"]
