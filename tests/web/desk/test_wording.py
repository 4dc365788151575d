"""The desk's words are total: every state and kind has one."""

from enum import StrEnum

import pytest

from service.deliveries.states import DeliveryState
from service.issues.states import IssueState, ItemKind
from service.mail.models import LetterState
from service.web.desk import wording


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wording.ISSUE_MARKS, IssueState),
        (wording.DELIVERY_MARKS, DeliveryState),
        (wording.DELIVERY_MEANINGS, DeliveryState),
        (wording.LETTER_MARKS, LetterState),
        (wording.KIND_WORDS, ItemKind),
        (wording.KIND_MEANINGS, ItemKind),
    ],
)
def test_every_state_and_kind_has_its_word(table: dict[object, object], words: type[StrEnum]) -> None:
    assert set(table) == set(words)


@pytest.mark.parametrize("table", [wording.ISSUE_MARKS, wording.DELIVERY_MARKS])
def test_states_can_be_told_apart_without_colour(table: dict[object, wording.Mark]) -> None:
    assert len({mark.word for mark in table.values()}) == len(table)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("Dear readers,", 2),
        ("It’s a two-word rest", 4),
        ("Дорогие читатели", 2),
        ("每年十月，老船长", 7),
        ("Read 潮水 today", 4),
        ("…", 0),
    ],
)
def test_words_are_counted_as_the_script_counts_them(text: str, words: int) -> None:
    assert wording.count_words(text) == words


def test_a_language_is_named_as_its_readers_name_it() -> None:
    assert wording.language_name("zh") == "中文"
    assert wording.language_name("tlh") == "tlh"


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("the issue was cancelled", "The issue was cancelled."),
        ("the relay refuses us (535 5.7.8 no)", "The relay refuses us (535 5.7.8 no)."),
        ("Its time passed.", "Its time passed."),
        ("  ", ""),
        ("", ""),
    ],
)
def test_a_reason_stands_as_a_sentence(reason: str, sentence: str) -> None:
    assert wording.as_sentence(reason) == sentence
