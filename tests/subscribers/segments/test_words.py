"""A segment's text as words: quotes of any country, marks, and the place of each."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.errors import BadInput
from service.subscribers.segments.words import END, QUOTES, Word, split_words


def read(text: str) -> list[str]:
    return [word.text for word in split_words(text)[:-1]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        (" \t\r\n\u00a0\u3000 ", []),
        ("tag is donor", ["tag", "is", "donor"]),
        ("(tag\nis)donor", ["(", "tag", "is", ")", "donor"]),
        ("a,b;c", ["a", ",", "b", ";", "c"]),
        ("O'Brien a-b а.б@例", ["O'Brien", "a-b", "а.б@例"]),
        ('name is"Anna Lee"or', ["name", "is", "Anna Lee", "or"]),
        ("“Anna” „Anna“ „Anna” «Anna» »Anna« »Anna» ”Anna” “Anna“", ["Anna"] * 8),
        ('“say "hi"” "a “b” c"', ['say "hi"', "a “b” c"]),
        ('"  Anna \n Lee "', ["Anna Lee"]),
        ('""', [""]),
        ('Zoe\u0308 "Zoe\u0308"', ["Zoë", "Zoë"]),
    ],
)
def test_text_becomes_words(text: str, words: list[str]) -> None:
    assert read(text) == words


def test_every_word_knows_where_it_began() -> None:
    assert split_words('a ("b")') == [
        Word("a", 0),
        Word("(", 2),
        Word("b", 3, is_quoted=True),
        Word(")", 6),
        Word(END, 7),
    ]


def test_what_stands_in_quotes_is_never_a_word_of_the_grammar() -> None:
    bare, quoted, empty, end = split_words('NOT "not" ""')
    assert bare.is_any("and", "not")
    assert not quoted.is_any("and", "not")
    assert end.is_any(END)
    assert not empty.is_any(END)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('tag is "donor', "Column 8: A quote begins here and never ends."),
        ("tag is donor”", "Column 13: A quote begins here and never ends."),
        ("tag is\n«donor”", "Line 2, column 1: A quote begins here and never ends."),
        ("tag is\r\n  «donor", "Line 2, column 3: A quote begins here and never ends."),
        ("tag is do\x00nor", "Column 10: A character that can’t be shown stands here; please delete it."),
        ("tag is \ud800", "Column 8: A character that can’t be shown stands here; please delete it."),
        ('tag is "\x1b[1m"', "Column 9: A character that can’t be shown stands here; please delete it."),
    ],
)
def test_what_can_not_be_read_is_refused_with_its_place(text: str, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        split_words(text)
    assert refused.value.message == sentence


@given(st.text())
def test_any_text_is_words_that_a_database_can_hold_or_is_refused(text: str) -> None:
    try:
        words = split_words(text)
    except BadInput:
        return
    assert all("\0" not in word.text and word.text.encode() is not None for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="".join(QUOTES))))
def test_any_other_text_can_be_said_in_quotes(text: str) -> None:
    assert split_words(f"«{text}»")[:-1] == [Word(normalize("NFC", text), 0, is_quoted=True)]
