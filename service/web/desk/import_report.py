"""One file of readers: how far it is, what becomes of its lines and why, and its report to take along. Reads only."""

from typing import Final

from flask import jsonify, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.issues.models import Newsletter
from service.staff.accounts import list_names
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.subscribers.importing.columns import may_name_columns
from service.subscribers.importing.decisions import STOPPED, has_file, may_discard
from service.subscribers.importing.models import Import, ImportState, LineOutcome
from service.subscribers.importing.progress import OPEN
from service.subscribers.importing.prospect import count_kept
from service.subscribers.importing.report import (
    TOLD,
    count_reasons,
    find_same,
    get_import_row,
    list_lines,
    list_lists,
    write_lines,
)
from service.web.desk.access import blueprint, current_account, permission
from service.web.desk.downloads import send_table
from service.web.desk.imports import read_key
from service.web.desk.importwording import count_outcomes, draw_outcomes, draw_reading, name_mapping, share_read
from service.web.transaction import unit_of_work

LIVE: Final = {*OPEN, ImportState.UNDOING}
LINES: Final = 100  # on a page
ASK_EVERY: Final = 1_000  # ms


@blueprint.get("/readers/imports/<row:import_id>")
@permission(Permission.READERS)
def show_list_import(import_id: int) -> ResponseReturnValue:
    """Show one file: while it is read how far it is, then what becomes of its lines."""
    with unit_of_work() as work:
        row = get_import_row(work, import_id)
        return render_template(
            "web/desk/imports_one.html",
            **_figures(row),
            **_offers(work, row),
            **_lines(work, row),
            newsletter=work.get_one(Newsletter, row.newsletter_id),
            names=list_names(work),
            columns=name_mapping(row),
            lists=list_lists(work, row),
            same_at=find_same(work, row) if row.is_dry_run else None,
            kept=count_kept(work, row.id) if row.state is ImportState.UNDONE else 0,
            trail=list_entries(work, f"import:{import_id}"),
        )


@blueprint.get("/readers/imports/<row:import_id>/progress.json")
@permission(Permission.READERS)
def show_list_import_json(import_id: int) -> ResponseReturnValue:
    """Answer with the figures, with the same drawn, for the page to put in place (``progress.js``)."""
    with unit_of_work() as work:
        row = get_import_row(work, import_id)
        return jsonify(
            state=row.state,
            live=row.state in LIVE,
            again_after=ASK_EVERY,
            figures={outcome.value: count for outcome, count in count_outcomes(row).items()},
            said=f"{share_read(row) // 10 * 10}% of the file is read." if row.state in OPEN else "",
            html=render_template("web/desk/imports_figures.html", **_figures(row)),
        )


@blueprint.post("/readers/imports/<row:import_id>/lines.csv")
@permission(Permission.READERS)
def take_import_lines(import_id: int) -> ResponseReturnValue:
    """Answer with every line that has a word, as a table for a spreadsheet, and note who took it."""
    with unit_of_work() as work:
        get_import_row(work, import_id)
        note(work, current_account().id, "Took the report along", f"import:{import_id}")
    return send_table(lambda session: write_lines(session, import_id), f"import-{import_id}.csv")


def _figures(row: Import) -> dict[str, object]:
    return {
        "row": row,
        "is_live": row.state in LIVE,
        "bar": draw_reading(row) if row.state in OPEN else draw_outcomes(row),
        "share": share_read(row),
        "counts": count_outcomes(row),
    }


def _offers(work: Session, row: Import) -> dict[str, object]:
    """Return what staff may do now; the decisions themselves look again."""
    is_here = has_file(work, row.id)
    is_rehearsed = row.is_dry_run and row.state is ImportState.DONE
    return {
        "is_here": is_here,
        "can_bring_in": is_rehearsed and is_here,
        "can_cancel": row.state in OPEN and row.cancel_asked_at is None,
        "can_go_on": row.state in STOPPED and is_here,
        "can_rename": may_name_columns(row) and is_here and row.format in {"", "CSV"},
        "can_discard": may_discard(row),
        "can_undo": not row.is_dry_run and row.done_lines > 0 and row.state in {ImportState.DONE, *STOPPED},
    }


def _lines(work: Session, row: Import) -> dict[str, object]:
    if row.state in LIVE or row.state is ImportState.UNMAPPED:
        return {"lines": [], "reasons": [], "outcome": None, "next_after": None, "is_first": True}
    raw, after = request.args.get("outcome", ""), read_key(request.args.get("after"))
    outcome = LineOutcome(raw) if raw in {each.value for each in TOLD} else None
    lines = list_lines(work, row.id, after, LINES + 1, outcome)
    return {
        "lines": lines[:LINES],
        "reasons": count_reasons(work, row.id),
        "outcome": outcome,
        "next_after": lines[LINES - 1].line if len(lines) > LINES else None,
        "is_first": not after,
    }
