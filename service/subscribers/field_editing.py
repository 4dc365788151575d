"""The questions of sign-up forms as staff write them. Owns how many there are, their order, and what a name may be.

A question that is removed, or asked no more, takes no answer from anybody: those are the readers' own.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import BadInput, Conflict, NotFound
from service.languages.choosing import LANGUAGES
from service.subscribers.field_models import ReaderField
from service.subscribers.fields import LONGEST_ANSWER, list_fields, tidy_answer

MOST_FIELDS: Final = 10
MOST_CHOICES: Final = 50
LONGEST_LABEL: Final = 120  # characters
LONGEST_FIELD_NAME: Final = 40
_NAME: Final = re.compile(r"[^\W_][\w -]*")


@dataclass(frozen=True)
class Question:
    """What staff say of one question: ``labels`` by language, and ``choices``, none of them for free text."""

    labels: Mapping[str, str]
    choices: Sequence[str]
    is_asked: bool


def add_field(session: Session, name: str, question: Question) -> ReaderField:
    """Add a question after the others. ``name`` is the key of its answers, in files too, and never changes.

    Raises:
        BadInput: for a name or a question that can't be taken.
        Conflict: when the name is taken, or there are ``MOST_FIELDS``.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("reader fields", 0))))
    present = list_fields(session)
    name = tidy_answer(name)
    if not _NAME.fullmatch(name) or len(name) > LONGEST_FIELD_NAME:
        raise BadInput(
            f"The short name “{name[:LONGEST_FIELD_NAME]}” will not do: it is one to {LONGEST_FIELD_NAME} letters, "
            "digits, spaces, _ and -, and begins with a letter or a digit, such as job title."
        )
    if name in {field.name for field in present}:
        raise Conflict(f"There is a question with the short name “{name}” already.")
    if len(present) >= MOST_FIELDS:
        raise Conflict(f"There are {MOST_FIELDS} questions already. Remove one first: nobody fills in a longer form.")
    field = ReaderField(name=name, position=max((each.position for each in present), default=0) + 1)
    _write(field, question)
    session.add(field)
    session.flush()
    return field


def change_field(field: ReaderField, question: Question) -> None:
    """Let a question say something else from now on; answers stay as they were given. Safe to repeat.

    Raises:
        BadInput: for a question that can't be taken.
    """
    _write(field, question)


def move_up(session: Session, field_id: int) -> ReaderField:
    """Let a question change places with the one before it; the first stays.

    Raises:
        NotFound: when there is no such question.
    """
    fields = list_fields(session)
    field = get_field(session, field_id)
    place = fields.index(field)
    if place > 0:
        fields[place - 1 : place + 1] = [field, fields[place - 1]]
    for position, each in enumerate(fields, 1):
        each.position = position
    return field


def remove_field(session: Session, field_id: int) -> ReaderField:
    """Remove a question from all forms; what readers answered stays with them.

    Raises:
        NotFound: when there is no such question.
    """
    field = get_field(session, field_id)
    session.delete(field)
    return field


def get_field(session: Session, field_id: int) -> ReaderField:
    """Return the question, or raise ``NotFound``."""
    field = session.get(ReaderField, field_id)
    if field is None:
        raise NotFound("There is no such question.")
    return field


def _write(field: ReaderField, question: Question) -> None:
    labels = {code: tidy_answer(question.labels.get(code, "")) for code in LANGUAGES}
    choices = list(dict.fromkeys(choice for choice in map(tidy_answer, question.choices) if choice))
    _check(labels, choices)
    field.labels = {code: label for code, label in labels.items() if label}
    field.choices, field.is_asked = choices, question.is_asked


def _check(labels: Mapping[str, str], choices: Sequence[str]) -> None:
    if not any(labels.values()):
        raise BadInput("Write the question in at least one language, as readers will see it.")
    for code, label in labels.items():
        if len(label) > LONGEST_LABEL:
            raise BadInput(
                f"The question in {LANGUAGES[code]} has {len(label)} characters; {LONGEST_LABEL} are the most."
            )
    if len(choices) > MOST_CHOICES:
        raise BadInput(f"There are {len(choices)} answers to choose from; {MOST_CHOICES} are the most.")
    if len(choices) == 1:
        raise BadInput("One answer is no choice: write two or more, one on each line, or none for free text.")
    for choice in choices:
        if len(choice) > LONGEST_ANSWER:
            raise BadInput(f"The answer “{choice[:60]}…” has more than {LONGEST_ANSWER} characters.")
