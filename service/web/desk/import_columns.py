"""Where staff say what the columns of a file hold. Owns the page; ``importing.columns`` reads and keeps it."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.lists.entries import EntryStatus
from service.lists.mapping import FIELD
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.importing.columns import guess_columns, may_name_columns, name_columns, name_people, read_start
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.importing.report import get_import_row
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.importwording import COLUMN_WORDS, PEOPLE_WORDS
from service.web.transaction import unit_of_work


@blueprint.get("/readers/imports/<row:import_id>/columns")
@permission(Permission.READERS)
def show_columns(import_id: int) -> ResponseReturnValue:
    """Show the first lines of a file, and ask what its columns hold."""
    with unit_of_work() as work:
        row = get_import_row(work, import_id)
        if may_name_columns(row):
            return _show_form(work, row)
    say("This file is being read, or is in already: its columns can’t be named any more.", "warn")
    return redirect(url_for("desk.show_list_import", import_id=import_id))


@blueprint.post("/readers/imports/<row:import_id>/columns")
@permission(Permission.READERS)
def accept_columns(import_id: int) -> ResponseReturnValue:
    """Keep what staff say of the columns, and have the dry run begin; or say what does not fit."""
    try:
        with unit_of_work() as work:
            if "people" in request.form:
                name_people(work, import_id, _read_people())
            else:
                name_columns(work, import_id, _read_mapping())
            note(work, current_account().id, "Said what the columns hold", f"import:{import_id}")
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_form(work, get_import_row(work, import_id), problem.message), problem.status
    return redirect(url_for("desk.show_list_import", import_id=import_id))


def _read_people() -> EntryStatus:
    word = request.form["people"]
    if word not in {status.value for status in PEOPLE_WORDS}:
        raise BadInput("Choose who these people are.")
    return EntryStatus(word)


def _read_mapping() -> dict[str, str]:
    kept = {f"{FIELD}{column}": column for column in request.form.getlist("keep")}
    return {what: request.form.get(what, "") for what in COLUMN_WORDS} | kept


def _show_form(work: Session, row: Import, problem: str = "") -> str:
    start = read_start(work, row.id)
    chosen = _read_mapping() if request.method == "POST" else guess_columns(start.header) | row.mapping
    return render_template(
        "web/desk/imports_columns.html",
        row=row,
        start=start,
        chosen=chosen,
        kept={column for what, column in chosen.items() if what.startswith(FIELD)},
        # A column that is named twice counts where it stands first.
        columns=list(dict.fromkeys(name for name in start.header if name)),
        problem=problem or (row.problem if row.state is ImportState.UNMAPPED else ""),
        words=COLUMN_WORDS,
        people=[(status.value, words) for status, words in PEOPLE_WORDS.items()],
        asks_who=bool(start.house),
    )
