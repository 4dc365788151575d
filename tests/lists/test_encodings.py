"""The letters of a list: marked and plain ones are read as they are, a guess is told with an example."""

from io import BytesIO

import pytest

from service.errors import BadInput
from service.lists.encodings import find_encoding
from service.lists.entries import BadLine
from service.lists.rows import RowReader

RUSSIAN = "email,name\nanna@x.org,Анна Ахматова\nosip@x.org,Осип Мандельштам\n"
CHINESE = "email,name\nlibai@x.org,李白\ndufu@x.org,杜甫\nwang@x.org,王维\nzhang@x.org,张继\n"
FRENCH = "email,name\nrene@x.org,René Descartes\nzoe@x.org,Zoé Héloïse\n"


@pytest.mark.parametrize("text", [RUSSIAN, CHINESE, FRENCH, "email\na@x.org\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_needs_no_guess(text: str, encoding: str) -> None:
    rows = RowReader(BytesIO(text.encode(encoding)))
    assert rows.encoding.example == ""
    assert [row[1][-1] for row in rows] == [line.split(",")[-1] for line in text.splitlines()[1:]]


@pytest.mark.parametrize(
    ("text", "encoding", "example"),
    [
        (RUSSIAN, "windows-1251", "anna@x.org,Анна Ахматова"),
        (CHINESE, "gb18030", "libai@x.org,李白"),
        (FRENCH, "windows-1252", "rene@x.org,René Descartes"),
    ],
)
def test_other_letters_are_guessed_and_the_guess_is_shown(text: str, encoding: str, example: str) -> None:
    rows = RowReader(BytesIO(text.encode(encoding)))
    assert (rows.encoding.name, rows.encoding.example) == (encoding, example)
    assert [row[1][-1] for row in rows] == [line.split(",")[-1] for line in text.splitlines()[1:]]


def test_a_few_damaged_bytes_cost_their_lines_not_the_names_of_all_others() -> None:
    damaged = RUSSIAN.encode() + b"bad@x.org,Ivan \xff\xfe\n" + "инна@x.org,Инна\n".encode()
    found = list(RowReader(BytesIO(damaged)))
    assert [row.line for row in found if isinstance(row, BadLine)] == [4]
    assert [row[1][1] for row in found if not isinstance(row, BadLine)] == ["Анна Ахматова", "Осип Мандельштам", "Инна"]


def test_halves_of_letters_at_the_edges_of_blocks_are_weighed_as_what_they_are() -> None:
    block = 1 << 20  # as it is read
    head = "email,name\nЯЯЯ@x.org,Яна\n".encode()
    whole = head + b"x" * (block - len(head) - 1) + "Я".encode() + b"@x.org,B\n"
    halves = head + b"x" * (block - len(head) - 1) + b"\xd0" + b"y" * block + b"\xaf@x.org\n"
    assert (find_encoding(BytesIO(whole)).name, find_encoding(BytesIO(whole)).is_damaged) == ("utf-8", False)
    assert (find_encoding(BytesIO(halves)).name, find_encoding(BytesIO(halves)).is_damaged) == ("utf-8", True)


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfemail\n\xff@x.org\n",  # says UTF-8, is not
        b"\xff\xfee\x00m\x00\xd8",  # says UTF-16, ends in the middle of a letter
        b"email\n\x98\x81\xff\xff\x98\x81 a@x.org\n",  # fits nothing
    ],
)
def test_letters_in_no_encoding_are_refused(content: bytes) -> None:
    with pytest.raises(BadInput, match="save it as UTF-8"):
        find_encoding(BytesIO(content))
