"""Where lines of plain text break, in scripts with and without spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.rendering.wrap import WIDTH, display_width, wrap


@pytest.mark.parametrize(
    ("text", "width"),
    [("lamp", 4), ("лампа", 5), ("潮汐", 4), ("é", 1), ("e\u0301", 1), ("a\u200db", 2), ("Ａ", 2), ("", 0)],
)
def test_width_is_counted_in_columns(text: str, width: int) -> None:
    assert display_width(text) == width


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("  one \t two  ", ["one two"]),
        ("no\u00a0break here", ["no\u00a0break", "here"]),
        ("kept\nlines", ["kept", "lines"]),
        ("antidisestablishment is long", ["antidisestablishment", "is long"]),
        ("守灯人每天记录水位", ["守灯人每天", "记录水位"]),
        ("守灯人每天，记录", ["守灯人每", "天，记录"]),
        ("守灯人每（天）", ["守灯人每", "（天）"]),
        ("lamp潮汐lamp潮", ["lamp潮汐", "lamp潮"]),
        ("", [""]),
    ],
)
def test_lines_break_where_a_reader_would_break_them(text: str, lines: list[str]) -> None:
    assert wrap(text, width=10) == lines


def test_prefixes_count_and_the_first_line_has_its_own() -> None:
    assert wrap("one two three", first="1. ", rest="   ", width=9) == ["1. one", "   two", "   three"]


def test_a_piece_that_stands_for_something_longer_takes_its_room() -> None:
    assert wrap("Dear X, hello", width=16, measure=lambda text: len(text.replace("X", "Alexander"))) == [
        "Dear X,",
        "hello",
    ]


@given(st.text(alphabet="ab cd-潮汐，。（）лампа\n", max_size=300))
def test_nothing_but_blanks_is_lost_and_no_line_is_too_long(text: str) -> None:
    lines = wrap(text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        unbreakable = max((len(word) for word in line.split()), default=0) > WIDTH - 4
        assert display_width(line) <= WIDTH or unbreakable or "，" in line or "。" in line
