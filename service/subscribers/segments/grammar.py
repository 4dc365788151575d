"""The language of segments: staff's words become a tree, or a sentence that says what is wrong and in which column.

    language is ru and (tag is donor or clicked since 2026-01-01) and not got issue 12

Closed and bounded: it knows these words and no others, and a tree is small whatever the text. Whether a newsletter or
an issue exists is asked where there are rows.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

from service.errors import BadInput
from service.subscribers.segments.tree import (
    Ago,
    AnswerContains,
    AnswerIs,
    Attended,
    AttendedIssue,
    Attention,
    Contains,
    Day,
    Either,
    Every,
    Field,
    Gave,
    Got,
    Is,
    IssueNumber,
    JoinedSince,
    Not,
    Tree,
)
from service.subscribers.segments.words import END, MARKS, Word, misread, split_words
from service.subscribers.states import MailFrequency

LONGEST: Final = 2000  # characters
MOST_CLAUSES: Final = 20
DEEPEST: Final = 10  # brackets and nots inside one another

_CONTAINED: Final = {Field.NAME, Field.TAG, Field.SOURCE}  # the others are codes, of which a part says nothing
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")  # BCP 47, without its rarer parts
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEARS: Final = range(1900, 2200)  # a day near either end of the calendar has no moment in UTC
_UNITS: Final[Mapping[str, int]] = MappingProxyType({"day": 1, "days": 1, "week": 7, "weeks": 7})
_FARTHEST: Final = 36_500  # days back: a hundred years
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_BEGINNINGS: Final = (*Field, "field", "joined", *Attention, "gave", "got")
_BETWEEN: Final = (
    "This does not belong here. Between two conditions stands “and” or “or”; a value of several words stands in quotes."
)


def parse(text: str) -> Tree:
    """Return what ``text`` says.

    Raises:
        BadInput: with the column, for anything but a segment of at most ``LONGEST`` characters, ``MOST_CLAUSES``
            conditions and ``DEEPEST`` brackets inside one another.
    """
    if len(text) > LONGEST:
        raise BadInput(f"A segment has at most {LONGEST} characters; this one has {len(text)}.")
    return _Parser(text).read_all()


class _Parser:
    """Reads one text from left to right, a method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = split_words(text)
        self._at = 0
        self._clauses = 0

    def read_all(self) -> Tree:
        """Return the tree of the whole text."""
        if self._word.is_any(END):
            raise self._misread("Nothing is chosen yet; write a condition, such as: language is ru.")
        tree = self._read_joined(0)
        if self._word.is_any(")"):
            raise self._misread("This bracket ends nothing.")
        if not self._word.is_any(END):
            raise self._misread(_BETWEEN)
        return tree

    def _read_joined(self, depth: int) -> Tree:
        parts = [self._read_part(depth)]
        join = "and" if self._word.is_any("and") else "or"
        while self._take(join):
            parts.append(self._read_part(depth))
        if self._word.is_any("and", "or"):
            raise self._misread(
                "“and” beside “or” can be read in two ways; please put what belongs together in brackets."
            )
        if len(parts) == 1:
            return parts[0]
        return Every(tuple(parts)) if join == "and" else Either(tuple(parts))

    def _read_part(self, depth: int) -> Tree:
        if depth > DEEPEST:
            raise self._misread(f"More than {DEEPEST} brackets and nots stand inside one another here.")
        if self._take("not"):
            return Not(self._read_part(depth + 1))
        bracket = self._word
        if not self._take("("):
            return self._read_clause()
        inside = self._read_joined(depth + 1)
        if self._word.is_any(END):
            raise self._misread("This bracket never ends.", bracket)
        if not self._take(")"):
            raise self._misread(_BETWEEN)
        return inside

    def _read_clause(self) -> Tree:
        self._clauses += 1
        if self._clauses > MOST_CLAUSES:
            raise self._misread(f"A segment has at most {MOST_CLAUSES} conditions; this is one more.")
        word = self._word
        if self._take(*Field):
            return self._read_fact(Field(word.text.lower()))
        if self._take("field"):
            return self._read_answer(self._read_value())
        if self._take("joined"):
            return self._read_joining()
        if self._take(*Attention):
            return self._read_attention(Attention(word.text.lower()))
        if self._take("gave"):
            return Gave(self._read_at_least() or 0, self._read_since())
        if self._take("got"):
            self._demand("issue")
            return Got(self._read_issue())
        raise self._misread(f"A condition begins with {_list_words(_BEGINNINGS)}.")

    def _read_fact(self, field: Field) -> Tree:
        if field in _CONTAINED and self._take("contains"):
            return Contains(field, self._read_value())
        if not self._take("is"):
            choices = ["is", "is not", *(["contains"] if field in _CONTAINED else [])]
            raise self._misread(f"After “{field}” stands {_list_words(choices)}.")
        is_not = self._take("not")
        fact = Is(field, self._read_value() if field in _CONTAINED else self._read_code(field))
        return Not(fact) if is_not else fact

    def _read_answer(self, name: str) -> Tree:
        if self._take("contains"):
            return AnswerContains(name, self._read_value())
        if not self._take("is"):
            raise self._misread("After the name of a field stands “is”, “is not” or “contains”.")
        is_not = self._take("not")
        answer = AnswerIs(name, self._read_value())
        return Not(answer) if is_not else answer

    def _read_joining(self) -> Tree:
        if self._take("before"):
            return Not(JoinedSince(self._read_day()))
        if self._take("since"):
            return JoinedSince(self._read_day())
        raise self._misread("After “joined” stands “before” or “since”.")

    def _read_attention(self, attention: Attention) -> Tree:
        if self._take("issue"):
            return AttendedIssue(attention, self._read_issue())
        at_least = self._read_at_least()
        if at_least is not None and not self._take("times", "time"):
            raise self._misread("“times” belongs here.")
        return Attended(attention, at_least or 1, self._read_since())

    def _read_at_least(self) -> int | None:
        if not self._take("at"):
            return None
        self._demand("least")
        return self._read_number()

    def _read_since(self) -> Day | None:
        return self._read_day() if self._take("since") else None

    def _read_issue(self) -> IssueNumber:
        number = self._read_number()
        if not self._take("of"):
            return IssueNumber(number)
        self._demand("volume")
        return IssueNumber(number, self._read_number())

    def _read_value(self) -> str:
        word = self._word
        if word.is_any(END, *MARKS, "and", "or", "not"):
            raise self._misread("A value is missing here; one that is a word of this language stands in quotes.")
        if not word.text:
            raise self._misread("Between these quotes stands nothing.")
        self._at += 1
        return word.text

    def _read_code(self, field: Field) -> str:
        word = self._word
        code = self._read_value().lower()
        if field is Field.LANGUAGE and not _LANGUAGE.fullmatch(code):
            raise self._misread(f"{word.shown} is not the code of a language, such as ru or zh.", word)
        if field is Field.FREQUENCY and code not in set(MailFrequency):
            raise self._misread(f"A frequency is {_list_words(list(MailFrequency))}.", word)
        return code

    def _read_number(self) -> int:
        word = self._word
        if not _NUMBER.fullmatch(word.text) or not int(word.text):
            raise self._misread("A whole number from 1 to 999999999 belongs here.")
        self._at += 1
        return int(word.text)

    def _read_day(self) -> Day:
        word = self._word
        if _NUMBER.fullmatch(word.text) and self._words[self._at + 1].is_any(*_UNITS):
            return self._read_ago()
        if not _DATE.fullmatch(word.text):
            raise self._misread("A day belongs here, such as 2026-01-31 or 90 days ago.")
        try:
            day = date.fromisoformat(word.text)
        except ValueError as problem:
            raise self._misread("There is no such day.") from problem
        if day.year not in _YEARS:
            raise self._misread(f"A day lies in the years {_YEARS.start} to {_YEARS.stop - 1}.")
        self._at += 1
        return day

    def _read_ago(self) -> Ago:
        number = self._word
        days = self._read_number() * _UNITS[self._word.text.lower()]
        if days > _FARTHEST:
            raise self._misread("This is more than a hundred years ago.", number)
        self._at += 1
        self._demand("ago")
        return Ago(days)

    def _demand(self, word: str) -> None:
        if not self._take(word):
            raise self._misread(f"“{word}” belongs here.")

    def _take(self, *words: str) -> bool:
        """Go on to the next word if this one is among ``words``."""
        taken = self._word.is_any(*words)
        self._at += taken
        return taken

    @property
    def _word(self) -> Word:
        return self._words[self._at]

    def _misread(self, sentence: str, word: Word | None = None) -> BadInput:
        return misread(self._text, (word or self._word).start, sentence)


def _list_words(words: Sequence[str]) -> str:
    *others, last = (f"“{word}”" for word in words)
    return f"{', '.join(others)} or {last}"
