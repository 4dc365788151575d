"""The optional questions of sign-up forms on the desk, as pages. What a question may be, ``field_editing`` decides."""

from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput, Conflict
from service.languages.choosing import LANGUAGES, SOURCE
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.field_editing import (
    LONGEST_FIELD_NAME,
    LONGEST_LABEL,
    MOST_FIELDS,
    Question,
    add_field,
    change_field,
    get_field,
    move_up,
    remove_field,
)
from service.subscribers.field_models import ReaderField
from service.subscribers.fields import LONGEST_ANSWER, label_of, list_fields
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work

_NEW: Final = Typed({"is_asked": "1"})


@blueprint.get("/readers/questions")
@permission(Permission.READERS)
def show_questions() -> ResponseReturnValue:
    """List the questions, and the form for another."""
    with unit_of_work() as work:
        return _show_questions(work, _NEW)


@blueprint.post("/readers/questions")
@permission(Permission.READERS)
@gives_back
def accept_question() -> ResponseReturnValue:
    """Add a question."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            field = add_field(work, typed.text("name"), _read(typed))
            note(work, current_account().id, "Added the question", _subject(field), name=field.name)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show_questions(work, typed, problem), problem.status
    say("The question is on every form for signing up." if field.is_asked else "Kept, and not asked yet.")
    return redirect(url_for("desk.show_questions"))


@blueprint.get("/readers/questions/<row:field_id>")
@permission(Permission.READERS)
def show_question(field_id: int) -> ResponseReturnValue:
    """Show one question as a form."""
    with unit_of_work() as work:
        field = get_field(work, field_id)
        return _show_question(field, Typed(_write(field)))


@blueprint.post("/readers/questions/<row:field_id>")
@permission(Permission.READERS)
@gives_back
def accept_question_change(field_id: int) -> ResponseReturnValue:
    """Let a question say something else, or ask it no more."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            field = get_field(work, field_id)
            change_field(field, _read(typed))
            note(work, current_account().id, "Changed the question", _subject(field), name=field.name)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_question(get_field(work, field_id), typed, problem), problem.status
    say("Saved. Answers that were given stay as they are.")
    return redirect(url_for("desk.show_questions"))


@blueprint.post("/readers/questions/<row:field_id>/up")
@permission(Permission.READERS)
def accept_question_up(field_id: int) -> ResponseReturnValue:
    """Ask a question before the one that stands above it."""
    with unit_of_work() as work:
        field = move_up(work, field_id)
        note(work, current_account().id, "Moved the question up", _subject(field), name=field.name)
    return redirect(url_for("desk.show_questions"))


@blueprint.post("/readers/questions/<row:field_id>/remove")
@permission(Permission.READERS)
def accept_question_removal(field_id: int) -> ResponseReturnValue:
    """Remove a question from all forms; readers keep their answers."""
    with unit_of_work() as work:
        field = remove_field(work, field_id)
        note(work, current_account().id, "Removed the question", _subject(field), name=field.name)
    say(f"“{field.name}” is asked nowhere any more. What readers answered stays with them.")
    return redirect(url_for("desk.show_questions"))


def _subject(field: ReaderField) -> str:
    return f"question:{field.id}"


def _label_name(code: str) -> str:
    """Return the name of the form's field for a question in one language."""
    return f"label_{code}"


def _read(typed: Typed) -> Question:
    return Question(
        labels={code: typed.text(_label_name(code)) for code in LANGUAGES},
        choices=typed.text("choices").splitlines(),
        is_asked=bool(typed.text("is_asked")),
    )


def _write(field: ReaderField) -> dict[str, str]:
    """Return a question as it is typed into the form's fields."""
    return {
        **{_label_name(code): field.labels.get(code, "") for code in LANGUAGES},
        "choices": "\n".join(field.choices),
        "is_asked": "1" if field.is_asked else "",
    }


def _show_questions(work: Session, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    fields = list_fields(work)
    return render_template(
        "web/desk/questions.html",
        questions=[(field, *label_of(field, SOURCE)) for field in fields],
        is_full=len(fields) >= MOST_FIELDS,
        most=MOST_FIELDS,
        typed=typed,
        problem=problem,
        longest_name=LONGEST_FIELD_NAME,
        **_facts(),
    )


def _show_question(field: ReaderField, typed: Typed, problem: BadInput | None = None) -> str:
    label, language = label_of(field, SOURCE)
    return render_template(
        "web/desk/question.html",
        question=field,
        label=label,
        language=language,
        typed=typed,
        problem=problem,
        **_facts(),
    )


def _facts() -> dict[str, object]:
    return {
        "labels": [(code, _label_name(code), own_name) for code, own_name in LANGUAGES.items()],
        "longest_label": LONGEST_LABEL,
        "longest_answer": LONGEST_ANSWER,
    }
