"""Issues on the desk: the list, a new one, one issue's page, deleting a draft. Owns the pages; ``issues`` decides."""

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.planning import refuse_uncleared
from service.deliveries.queries import get_progress
from service.deliveries.segments.choosing import find_choice
from service.issues.checks import CLIPPED_BYTES
from service.issues.editing import create_issue, delete_issue
from service.issues.models import Issue
from service.issues.past.queries import find_archive_of
from service.issues.queries import get_issue, get_newsletter, list_findings, list_issues, list_newsletters
from service.issues.states import IssueState, ItemKind
from service.staff.audit import list_entries, note
from service.staff.roles import Permission, may
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.drawing import draw_progress
from service.web.desk.keys import read_key
from service.web.desk.readiness import examine
from service.web.desk.segment_choice import expect
from service.web.transaction import unit_of_work

PAGE = 25  # issues
FRESH = timedelta(days=30)
TRAIL = 8  # steps of the trail that are shown at once


@blueprint.get("/")
@permission(Permission.ENTER)
def show_issues() -> ResponseReturnValue:
    """List every issue, newest first. Whoever has no part in issues begins with the gifts."""
    if not may(current_account().role, Permission.EDIT):
        return redirect(url_for("desk.show_gifts"))
    before = read_key(request.args.get("before"))
    with unit_of_work() as work:
        found = list_issues(work, before=before, most=PAGE + 1)
        issues = found[:PAGE]
        return render_template(
            "web/desk/issues.html",
            issues=issues,
            progress={one.id: get_progress(work, one.id) for one in issues if _is_fresh(one)},
            newsletters=list_newsletters(work),
            before=before,
            has_more=len(found) > PAGE,
        )


@blueprint.post("/issues")
@permission(Permission.EDIT)
def accept_issue() -> ResponseReturnValue:
    """Add an empty draft and open it."""
    with unit_of_work() as work:
        issue = create_issue(work, get_newsletter(work, request.form.get("newsletter", "")))
        note(work, current_account().id, "Began the issue", f"issue:{issue.id}")
        return redirect(url_for("desk.show_issue", issue_id=issue.id))


@blueprint.get("/issues/<row:issue_id>")
@permission(Permission.EDIT)
def show_issue(issue_id: int) -> ResponseReturnValue:
    """Show one issue: its contents, what is to be settled, its checks and its trail."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        return render_template(
            "web/desk/issue.html",
            issue=issue,
            findings=list_findings(work, issue_id),
            entries=list_entries(work, f"issue:{issue_id}"),
            trail_length=TRAIL,
            kinds=list(ItemKind),
            may_send=may(current_account().role, Permission.SEND),
            **_BESIDE.get(issue.state, _after)(work, issue),
        )


@blueprint.get("/issues/<row:issue_id>/delete")
@permission(Permission.EDIT)
def show_deletion(issue_id: int) -> ResponseReturnValue:
    """Ask whether a draft is really to be deleted."""
    with unit_of_work() as work:
        return render_template("web/desk/delete_issue.html", issue=get_issue(work, issue_id))


@blueprint.post("/issues/<row:issue_id>/delete")
@permission(Permission.EDIT)
def accept_deletion(issue_id: int) -> ResponseReturnValue:
    """Delete a draft."""
    with unit_of_work() as work:
        title = get_issue(work, issue_id).title
        refuse_uncleared(work, issue_id)
        delete_issue(work, issue_id)
        note(work, current_account().id, "Deleted the draft", f"issue:{issue_id}", title=title)
    say(f"The draft “{title}” is deleted." if title else "The draft is deleted.")
    return redirect(url_for("desk.show_issues"))


def _is_fresh(issue: Issue) -> bool:
    """Whether an issue's figures are worth counting for the list: they are read from every copy."""
    if issue.state in {IssueState.DRAFT, IssueState.HELD, IssueState.PAST}:
        return False
    return issue.finished_at is None or now() - issue.finished_at < FRESH


def _before(work: Session, issue: Issue) -> dict[str, object]:
    """Return what a draft's page shows beside its contents."""
    return {
        "readiness": examine(work, issue),
        "largest": CLIPPED_BYTES,
        "expected": expect(work, issue),
    }


def _after(work: Session, issue: Issue) -> dict[str, object]:
    """Return what a released issue's page shows beside its contents."""
    progress = get_progress(work, issue.id)
    choice = find_choice(work, issue)
    return {"readiness": None, "progress": progress, "bar": draw_progress(progress), "choice": choice}


def _brought_in(work: Session, issue: Issue) -> dict[str, object]:
    """Return what a past issue's page shows beside its contents: it has no readers of ours."""
    return {"readiness": None, "archive_id": find_archive_of(work, issue.id)}


_BESIDE = {IssueState.DRAFT: _before, IssueState.PAST: _brought_in}
