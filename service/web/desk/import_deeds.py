"""What staff do with a file of readers: bring it in, stop, go on, discard, undo. ``importing`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import Conflict
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.importing.decisions import bring_in, discard, go_on, may_discard
from service.subscribers.importing.models import ImportState
from service.subscribers.importing.progress import cancel_import
from service.subscribers.importing.prospect import foresee_undo
from service.subscribers.importing.report import get_import_row, list_lists
from service.subscribers.importing.undo import ask_undo
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.transaction import unit_of_work


@blueprint.post("/readers/imports/<row:import_id>/bring")
@permission(Permission.READERS)
def accept_bringing_readers(import_id: int) -> ResponseReturnValue:
    """Bring in a file whose dry run is done; with ``everyone``, each list that came with it. Safe to repeat."""
    with unit_of_work() as work:
        for chosen in _choose(work, import_id):
            if bring_in(work, chosen):
                _note(work, "Brought readers in", chosen)
    return _back(import_id)


@blueprint.post("/readers/imports/<row:import_id>/cancel")
@permission(Permission.READERS)
def accept_import_stop(import_id: int) -> ResponseReturnValue:
    """Stop a file that is being read. Safe to repeat; one that came to its end meanwhile is left as it is."""
    try:
        with unit_of_work() as work:
            cancel_import(work, import_id)
            _note(work, "Cancelled an import", import_id)
    except Conflict as problem:
        say(problem.message, "warn")
    return _back(import_id)


@blueprint.post("/readers/imports/<row:import_id>/go-on")
@permission(Permission.READERS)
def accept_going_on(import_id: int) -> ResponseReturnValue:
    """Have a file that stopped go on from where it is."""
    with unit_of_work() as work:
        go_on(work, import_id)
        _note(work, "Let an import go on", import_id)
    return _back(import_id)


@blueprint.post("/readers/imports/<row:import_id>/discard")
@permission(Permission.READERS)
def accept_discarding(import_id: int) -> ResponseReturnValue:
    """Delete a file that brought nobody in; with ``everyone``, each list of the file that came with it."""
    with unit_of_work() as work:
        for chosen in _choose(work, import_id):
            row = discard(work, chosen)
            _note(work, "Discarded a file of readers", chosen, file=row.filename)
    say("The file and its report are deleted. Nobody came in by it.")
    return redirect(url_for("desk.show_imports"))


@blueprint.get("/readers/imports/<row:import_id>/undo")
@permission(Permission.READERS)
def show_undoing(import_id: int) -> ResponseReturnValue:
    """Ask whether a file is really to be taken back, and say in figures what that does."""
    with unit_of_work() as work:
        row = get_import_row(work, import_id)
        if not row.is_dry_run and row.state in {ImportState.DONE, ImportState.CANCELLED, ImportState.FAILED}:
            return render_template("web/desk/imports_undo.html", row=row, prospect=foresee_undo(work, import_id))
    return _back(import_id)


@blueprint.post("/readers/imports/<row:import_id>/undo")
@permission(Permission.READERS)
def accept_undoing(import_id: int) -> ResponseReturnValue:
    """Have a file taken back. Safe to repeat."""
    with unit_of_work() as work:
        ask_undo(work, import_id)
        _note(work, "Undid an import", import_id)
    return _back(import_id)


def _choose(work: Session, import_id: int) -> list[int]:
    """Return the lists that a decision is about: those of the whole file that it can be made about, or the one."""
    if not request.form.get("everyone"):
        return [import_id]
    lists = list_lists(work, get_import_row(work, import_id))
    return [row.id for row in lists if row.is_dry_run and row.state is ImportState.DONE and may_discard(row)]


def _note(work: Session, deed: str, import_id: int, **details: object) -> None:
    note(work, current_account().id, deed, f"import:{import_id}", **details)


def _back(import_id: int) -> ResponseReturnValue:
    return redirect(url_for("desk.show_list_import", import_id=import_id))
