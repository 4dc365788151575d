"""Files of readers: the list of what was brought, and where one is handed in. ``importing.upload`` stores them."""

from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from service.errors import BadInput
from service.issues.past.files import refuse_posts
from service.issues.queries import get_newsletter, list_newsletters
from service.jobs import Job, enqueue
from service.lists.archives import open_export
from service.staff.accounts import list_names
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.importing.report import list_imports
from service.subscribers.importing.scratch import lend_scratch_file
from service.subscribers.importing.upload import check_statement, inspect_lists, store_lists
from service.web.desk.access import LARGEST_ID, blueprint, current_account, gives_back, permission
from service.web.desk.fields import Typed
from service.web.desk.uploads import takes_large_file
from service.web.transaction import unit_of_work

LARGEST_UPLOAD: Final = 200_000_000  # bytes
_ROWS: Final = 50  # of the list


@dataclass(frozen=True)
class Brought:
    """A form that can be stored: whose readers these become, how they agreed, and their file."""

    newsletter_id: int
    statement: str
    file: FileStorage
    filename: str


@blueprint.get("/readers/imports")
@permission(Permission.READERS)
def show_imports() -> ResponseReturnValue:
    """List the files that were brought, the newest first, from below ``before`` on."""
    before = read_key(request.args.get("before"))
    with unit_of_work() as work:
        rows = list_imports(work, before or None, _ROWS + 1)
        return render_template(
            "web/desk/imports.html",
            rows=rows[:_ROWS],
            is_first=not before,
            next_before=rows[_ROWS - 1].id if len(rows) > _ROWS else None,
            newsletters={each.id: each for each in list_newsletters(work)},
            names=list_names(work),
        )


@blueprint.get("/readers/imports/new")
@permission(Permission.READERS)
def show_list_upload() -> ResponseReturnValue:
    """Show where a file of readers can be handed in."""
    with unit_of_work() as work:
        return _show_form(work, Typed({"newsletter": request.args.get("newsletter", "")}))


@blueprint.post("/readers/imports/new")
@permission(Permission.READERS)
@takes_large_file(LARGEST_UPLOAD)
@gives_back
def accept_list_upload() -> ResponseReturnValue:
    """Store a file of readers and have its dry run begin; a file whose columns nobody knows leads to their page."""
    typed = Typed(request.form.to_dict())
    try:
        brought = _read_form(typed)
        first, is_clear = _store(brought)
    except BadInput as problem:
        typed.errors.setdefault("file" if not typed.errors else "form", problem.message)
        with unit_of_work() as work:
            return _show_form(work, typed), problem.status
    return redirect(url_for("desk.show_list_import" if is_clear else "desk.show_columns", import_id=first))


def read_key(raw: str | None) -> int:
    """Return the place in a list that an address names; 0, its beginning, for what can't be one."""
    is_number = raw is not None and raw.isascii() and raw.isdigit() and len(raw) < 20
    return min(int(raw), LARGEST_ID) if raw is not None and is_number else 0


def _read_form(typed: Typed) -> Brought:
    with unit_of_work() as work:
        newsletter_id = get_newsletter(work, typed.text("newsletter")).id
    statement, file = "", request.files.get("file")
    try:
        statement = check_statement(typed.text("statement"))
    except BadInput as problem:
        typed.errors["statement"] = problem.message
    if file is None or not file.filename:
        typed.errors["file"] = "Choose the file with the readers."
    typed.refuse_unreadable()
    assert file is not None  # noqa: S101 - refused above; for the reader of types
    return Brought(newsletter_id, statement, file, _clean_name(file.filename or ""))


def _clean_name(raw: str) -> str:
    name = PurePath(raw.replace("\\", "/")).name
    return "".join(sign for sign in name if sign.isprintable())[-200:] or "list.csv"


def _store(brought: Brought) -> tuple[int, bool]:
    """Return the first import of the file, and whether its columns are known."""
    with lend_scratch_file() as scratch:
        brought.file.save(scratch)
        scratch.flush()
        parts = open_export(Path(scratch.name), brought.filename)
        refuse_posts(parts)
        lists = inspect_lists(parts)
        account_id = current_account().id
        with unit_of_work() as work:
            ids = store_lists(
                work,
                brought.newsletter_id,
                lists,
                statement=brought.statement,
                is_dry_run=True,
                account_id=account_id,
            )
            for import_id, found in zip(ids, lists, strict=True):
                note(work, account_id, "Sent a file of readers", f"import:{import_id}", file=found.part.name)
                if found.is_clear:
                    enqueue(work, Job.RUN_IMPORT, import_id)
    return ids[0], lists[0].is_clear


def _show_form(work: Session, typed: Typed) -> str:
    return render_template(
        "web/desk/imports_upload.html", newsletters=list_newsletters(work), typed=typed, largest=LARGEST_UPLOAD
    )
