"""Past issues on the desk: an archive is handed in, looked through, brought in and taken back. ``issues.past`` decides.

The looking and the bringing are a worker's; these pages only show how far it is.
"""

from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from service.errors import BadInput, Conflict
from service.issues.past.deciding import bring_in, take_back
from service.issues.past.files import LARGEST_FILE
from service.issues.past.models import Archive, ArchiveState, PostOutcome
from service.issues.past.queries import PAGE, count_outcomes, get_archive, list_archives, list_posts
from service.issues.past.storing import store_archive
from service.issues.queries import get_newsletter, list_newsletters
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import LARGEST_ID, blueprint, current_account, gives_back, permission, say
from service.web.desk.uploads import takes_large_file
from service.web.desk.wording import Mark
from service.web.transaction import unit_of_work

NOTHING = "Choose the file that the other house made for you."
OUTCOME_MARKS = {
    PostOutcome.NEW: Mark("New", "open", "accent"),
    PostOutcome.ADDED: Mark("Added", "full", "good"),
    PostOutcome.UNCHANGED: Mark("Here already", "full", "plain"),
    PostOutcome.SKIPPED: Mark("Skipped", "bars", "warn"),
    PostOutcome.WAITING: Mark("Waiting", "half", "plain"),
}


@blueprint.get("/issues/past")
@permission(Permission.EDIT)
def show_archives() -> ResponseReturnValue:
    """Show where an archive can be handed in, and those that were."""
    with unit_of_work() as work:
        return _show_form(work)


@blueprint.post("/issues/past")
@permission(Permission.EDIT)
@takes_large_file(LARGEST_FILE)
@gives_back
def accept_archive() -> ResponseReturnValue:
    """Store an archive and have it looked through, or say beside its field what is wrong. Makes no issue yet."""
    try:
        with unit_of_work() as work:
            newsletter = get_newsletter(work, request.form.get("newsletter", ""))
            with TemporaryDirectory(prefix="postrider-archive-") as folder:
                path, filename = _take_file(request.files.get("file"), Path(folder))
                archive = store_archive(work, newsletter, path, filename, request.form.get("site", ""))
            note(work, current_account().id, "Handed in an archive", f"archive:{archive.id}", file=filename)
            archive_id = archive.id
    except BadInput as problem:
        field = "site" if "address of a site" in problem.message else "file"
        with unit_of_work() as work:
            return _show_form(work, {field: problem.message}), problem.status
    return redirect(url_for("desk.show_archive", archive_id=archive_id))


@blueprint.get("/issues/past/<row:archive_id>")
@permission(Permission.EDIT)
def show_archive(archive_id: int) -> ResponseReturnValue:
    """Show what became, or would become, of each post of an archive."""
    raw = request.args.get("outcome", "")
    outcome = PostOutcome(raw) if raw in set(PostOutcome) else None
    after = min(max(request.args.get("after", 0, type=int), 0), LARGEST_ID)
    with unit_of_work() as work:
        archive = get_archive(work, archive_id)
        posts = list_posts(work, archive_id, after, outcome, PAGE + 1)
        counts = count_outcomes(work, archive_id)
        return render_template(
            "web/desk/past_archive.html",
            archive=archive,
            is_under_way=archive.state in {ArchiveState.EXAMINING, ArchiveState.BRINGING},
            newsletter=_newsletter_of(work, archive),
            counts=counts,
            total=sum(counts.values()),
            posts=posts[:PAGE],
            next_after=posts[PAGE - 1].position if len(posts) > PAGE else None,
            after=after,
            outcome=outcome,
            marks=OUTCOME_MARKS,
        )


@blueprint.post("/issues/past/<row:archive_id>/bring-in")
@permission(Permission.EDIT)
def accept_past_issues(archive_id: int) -> ResponseReturnValue:
    """Have the new posts of an archive made past issues."""
    try:
        with unit_of_work() as work:
            bring_in(work, archive_id)
            note(work, current_account().id, "Brought in past issues", f"archive:{archive_id}")
    except Conflict as problem:
        say(problem.message, "warn")
    return redirect(url_for("desk.show_archive", archive_id=archive_id))


@blueprint.get("/issues/past/<row:archive_id>/take-back")
@permission(Permission.EDIT)
def show_taking_back(archive_id: int) -> ResponseReturnValue:
    """Ask whether an archive and all that it brought are really to go."""
    with unit_of_work() as work:
        return render_template(
            "web/desk/past_take_back.html",
            archive=get_archive(work, archive_id),
            added=count_outcomes(work, archive_id)[PostOutcome.ADDED],
        )


@blueprint.post("/issues/past/<row:archive_id>/take-back")
@permission(Permission.EDIT)
def accept_taking_back(archive_id: int) -> ResponseReturnValue:
    """Delete an archive and the past issues that it brought."""
    with unit_of_work() as work:
        filename = get_archive(work, archive_id).filename
        gone = take_back(work, archive_id)
        note(work, current_account().id, "Took an archive back", f"archive:{archive_id}", file=filename, issues=gone)
    issues = f" with {gone:,} past {'issue' if gone == 1 else 'issues'}" if gone else ""
    say(f"“{filename}” is taken back{issues}.")
    return redirect(url_for("desk.show_archives"))


def _take_file(upload: FileStorage | None, folder: Path) -> tuple[Path, str]:
    """Return where the file lies now and what its sender calls it."""
    if upload is None or not upload.filename:
        raise BadInput(NOTHING)
    path = folder / "archive"
    upload.save(path)
    return path, PurePosixPath(upload.filename.replace("\\", "/")).name


def _newsletter_of(work: Session, archive: Archive) -> object:
    return next(one for one in list_newsletters(work) if one.id == archive.newsletter_id)


def _show_form(work: Session, errors: dict[str, str] | None = None) -> str:
    newsletters = list_newsletters(work)
    return render_template(
        "web/desk/past_archives.html",
        newsletters=newsletters,
        names={one.id: one.name for one in newsletters},
        archives=list_archives(work),
        chosen=request.form.get("newsletter", ""),
        site=request.form.get("site", ""),
        errors=errors or {},
        megabytes=LARGEST_FILE // 1_000_000,
    )
