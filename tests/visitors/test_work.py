"""The sum of one form: right answers by the same rule as browsers, worth one form, and nothing else is right."""

from hashlib import sha256
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.visitors.work import is_solved

MARK = "a-mark"


# The figures of a program of its own: ``sha256sum`` of "a-mark:43474" begins with four zeros.
@pytest.mark.parametrize(
    ("answer", "solved"),
    [
        ("43474", True),  # 16 zero bits
        ("71781", True),  # 17
        ("173", False),  # 15: one too few
        ("5287", False),
        ("43475", False),
    ],
)
def test_an_answer_is_right_by_the_zero_bits_that_its_sum_begins_with(answer: str, solved: bool) -> None:
    assert is_solved(MARK, answer) is solved


def test_an_answer_is_worth_one_form() -> None:
    assert is_solved(MARK, "43474")
    assert not is_solved("another-mark", "43474")


def first_right(mark: str, spelling: str = "{}") -> str:
    """Whatever number, spelled like this, gives a sum with 16 zero bits."""
    spelled = (spelling.format(number) for number in count())
    return next(each for each in spelled if sha256(f"{mark}:{each}".encode()).digest()[:2] == b"\0\0")


@pytest.mark.parametrize("spelling", ["-{}", " {}", "{}\n", "{}x", "１{}", "0x{}", "{:021}"])
def test_only_a_short_number_is_an_answer_even_where_the_sum_would_be_right(spelling: str) -> None:
    assert not is_solved(MARK, first_right(MARK, spelling))


@pytest.mark.parametrize("answer", ["", "\x00", "\ud800", "٣", "²", "9" * 21, "9" * 1_000_000])
def test_an_answer_that_is_no_number_is_wrong(answer: str) -> None:
    assert not is_solved(MARK, answer)


@given(st.text(max_size=60), st.text(max_size=30) | st.text("0123456789", max_size=30))
def test_whatever_comes_back_is_judged(mark: str, answer: str) -> None:
    assert is_solved(mark, answer) in {True, False}


def test_a_mark_that_none_of_our_forms_has_is_worth_nothing() -> None:
    assert is_solved("a mark", first_right("a mark"))
    assert not is_solved("знак", first_right("знак"))
    assert not is_solved("\ud800", "43474")
