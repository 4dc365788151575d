"""Where a manuscript is handed in, as a file or as pasted text. Owns the page; ``issues.importing`` reads it."""

from dataclasses import dataclass
from pathlib import PurePath

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput
from service.issues.importing import import_manuscript
from service.issues.queries import get_newsletter, list_newsletters
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.transaction import unit_of_work

PASTED = "pasted.txt"  # the name of a manuscript that came without a file
NOTHING = "There is nothing to import yet: choose a file above, or paste the text here."


@dataclass(frozen=True)
class HandedIn:
    """A manuscript as it came. ``field`` is the form's field that it came in, ``file`` or ``text``."""

    field: str
    data: bytes
    filename: str


@blueprint.get("/issues/import")
@permission(Permission.EDIT)
def show_import() -> ResponseReturnValue:
    """Show where a manuscript can be handed in."""
    with unit_of_work() as work:
        return _show_form(work)


@blueprint.post("/issues/import")
@permission(Permission.EDIT)
@gives_back
def accept_import() -> ResponseReturnValue:
    """Make a manuscript the next draft, or say beside its field what is wrong with it; what was pasted is kept."""
    came = _take_manuscript()
    try:
        _refuse_nothing(came)
        with unit_of_work() as work:
            newsletter = get_newsletter(work, request.form.get("newsletter", ""))
            issue = import_manuscript(work, newsletter, came.data, came.filename)
            note(work, current_account().id, "Imported a manuscript", f"issue:{issue.id}", file=came.filename)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_form(work, {came.field: problem.message}), problem.status
    say("The manuscript is in. Please look at what it could not decide alone.")
    return redirect(url_for("desk.show_issue", issue_id=issue.id))


def _take_manuscript() -> HandedIn:
    upload = request.files.get("file")
    if upload is not None and upload.filename:
        return HandedIn("file", upload.read(), PurePath(upload.filename).name)
    return HandedIn("text", request.form.get("text", "").encode(), PASTED)


def _refuse_nothing(came: HandedIn) -> None:
    if came.field == "text" and not came.data.strip():
        raise BadInput(NOTHING)


def _show_form(work: Session, errors: dict[str, str] | None = None) -> str:
    return render_template(
        "web/desk/import.html",
        newsletters=list_newsletters(work),
        chosen=request.values.get("newsletter", ""),
        text=request.form.get("text", ""),
        errors=errors or {},
    )
