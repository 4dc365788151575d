"""The optional questions as forms show them, and what came back. Owns the names of their fields; decides nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from service.subscribers.field_models import ReaderField
from service.subscribers.fields import LONGEST_ANSWER, BadAnswer, label_of, read_answers, tidy_answer
from service.web.language import gettext, page_language, translate_sentence

PREFIX: Final = "answer-"  # before the name of a question, so that none can take the place of another field
LONGEST_SHOWN: Final = 2 * LONGEST_ANSWER  # characters of an answer that is shown again


@dataclass(frozen=True)
class ShownQuestion:
    """One question on a page. ``name`` and ``id`` are those of its field, ``language`` is that of its label.

    ``choices`` are (value, words), what was answered before among them; none for free text.
    """

    name: str
    id: str
    label: str
    language: str
    choices: Sequence[tuple[str, str]]
    answer: str
    error: str


def show_questions(
    fields: Sequence[ReaderField], typed: Mapping[str, str], before: Mapping[str, str] | None = None
) -> list[ShownQuestion]:
    """Return the questions with what was typed, and the sentence about each answer that can't be taken.

    ``before``: what the person answered earlier, which stays a choice even where it is none any more.
    """
    return [_show(field, typed.get(field.name, ""), before or {}) for field in fields]


def read_form(form: MultiDict[str, str]) -> dict[str, str]:
    """Return what a form answered, by the names of the questions."""
    return {name.removeprefix(PREFIX): value for name, value in form.items() if name.startswith(PREFIX)}


def _show(field: ReaderField, typed: str, before: Mapping[str, str]) -> ShownQuestion:
    label, language = label_of(field, page_language())
    answer, had = tidy_answer(typed)[:LONGEST_SHOWN], tidy_answer(before.get(field.name, ""))
    choices = [*field.choices, had] if had and had not in field.choices else field.choices
    return ShownQuestion(
        name=PREFIX + field.name,
        id=f"{PREFIX}{field.id}",
        label=label,
        language=language,
        choices=[("", gettext("No answer")), *((each, each) for each in choices)] if field.choices else [],
        answer=answer,
        error=_judge(field, typed, before),
    )


def _judge(field: ReaderField, typed: str, before: Mapping[str, str]) -> str:
    try:
        read_answers([field], {field.name: typed}, before)
    except BadAnswer as problem:
        return translate_sentence(problem.message, problem.message)
    return ""
