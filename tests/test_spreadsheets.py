"""Tables that come back: what is written to be read again is the same to the letter, and safe to open on the way."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.spreadsheets import BYTE_ORDER_MARK, Plain, unguard, unguard_formula, write_back

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)


@given(st.lists(TEXTS | st.sampled_from(["'", "''", "'=x", "=x", "-1", "@a", "\t=1", "＝1"]), min_size=1, max_size=4))
def test_every_text_comes_back_to_the_letter_and_is_no_formula_meanwhile(texts: list[str]) -> None:
    written = "".join(write_back(["head"] * len(texts), [texts])).removeprefix(BYTE_ORDER_MARK)
    _, cells = list(csv.reader(StringIO(written, newline="")))
    assert [unguard(cell) for cell in cells] == texts
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")) for cell in cells)


def test_a_word_of_ours_needs_no_guard() -> None:
    assert list(write_back(["a"], [[Plain("-3")]]))[1] == "-3\r\n"


@pytest.mark.parametrize(("cell", "text"), [("'=1", "=1"), ("'t Hooft", "'t Hooft"), ("''=1", "''=1"), ("", "")])
def test_somebody_else_s_apostrophe_is_taken_off_a_formula_only(cell: str, text: str) -> None:
    assert unguard_formula(cell) == text
