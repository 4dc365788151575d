"""The optional questions of sign-up forms, and the answers. Owns which one is taken, and when it becomes a person's.

Whoever types an address has not proven to be its owner: an answer waits with its sign-up until that is confirmed, and
even then takes the place of none that was there. Staff's part is ``field_editing``.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.languages.choosing import SOURCE
from service.languages.sentences import for_readers
from service.subscribers.field_models import ReaderField
from service.subscribers.models import Subscriber
from service.subscribers.preferences import get_person

LONGEST_ANSWER: Final = 200  # characters


class BadAnswer(BadInput):
    """An answer can't be taken. ``field``: the name of its question."""

    code = "bad_answer"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def list_fields(session: Session) -> list[ReaderField]:
    """Return all questions in their order, those that are asked no more among them."""
    return list(session.scalars(select(ReaderField).order_by(ReaderField.position, ReaderField.id)))


def list_asked(session: Session) -> list[ReaderField]:
    """Return the questions of a sign-up form in their order."""
    return [field for field in list_fields(session) if field.is_asked]


def list_open(session: Session, person: Subscriber) -> list[ReaderField]:
    """Return what a person may answer or take back: what is asked, and what they have answered before."""
    return [field for field in list_fields(session) if field.is_asked or field.name in person.fields]


def label_of(field: ReaderField, language: str) -> tuple[str, str]:
    """Return a question in ``language`` if it was written in it, else in English or whatever there is; and its tag."""
    spoken = next((each for each in (language, SOURCE) if each in field.labels), None) or min(field.labels)
    return field.labels[spoken], spoken


def read_answers(
    fields: Sequence[ReaderField], typed: Mapping[str, str], before: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return what was answered to ``fields``, tidied, by their names. Empty answers and other names are left out.

    ``before``: what the person answered earlier; that stays an answer, even where it is no choice any more.

    Raises:
        BadAnswer: for a choice that is none, or more than ``LONGEST_ANSWER`` characters.
    """
    answers = {field.name: _read_answer(field, typed.get(field.name, ""), before or {}) for field in fields}
    return {name: answer for name, answer in answers.items() if answer}


def change_answers(session: Session, subscriber_id: int, typed: Mapping[str, str]) -> None:
    """Let a person have these answers; one that is empty is taken back. Of others' names nothing is touched.

    Safe to repeat: the row is locked, and what is not asked of them stays.

    Raises:
        BadAnswer: see ``read_answers``.
        NotFound: when there is no such person.
    """
    person = get_person(session, subscriber_id, is_locked=True)
    fields = list_open(session, person)
    answers = read_answers(fields, typed, person.fields)
    asked = {field.name for field in fields}
    person.fields = {name: value for name, value in person.fields.items() if name not in asked} | answers


def keep_confirmed(person: Subscriber, answers: Mapping[str, str]) -> None:
    """Give a locked person the answers of a sign-up that they have confirmed, where they had none. Safe to repeat.

    An old link pressed once more, or a stranger's form, so never takes the place of what a person has said.
    """
    if not answers.keys() <= person.fields.keys():
        person.fields = {**answers, **person.fields}


def tidy_answer(typed: str) -> str:
    """Return an answer on one line, without what no line of text has."""
    shown = "".join(char for char in typed if char.isspace() or unicodedata.category(char) not in {"Cc", "Cs"})
    return " ".join(shown.split())


def _read_answer(field: ReaderField, typed: str, before: Mapping[str, str]) -> str:
    answer = tidy_answer(typed)
    if not answer or answer == tidy_answer(before.get(field.name, "")):
        return answer
    if field.choices and answer not in field.choices:
        raise BadAnswer(field.name, for_readers("Please choose one of the answers in the list."))
    if len(answer) > LONGEST_ANSWER:
        raise BadAnswer(field.name, for_readers("This answer is too long: please use at most 200 characters."))
    return answer
