"""What an import could not decide alone: putting lines back, and settling the rest. ``issues.editing`` decides."""

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.issues.editing import restore_finding, settle_finding
from service.issues.models import Finding, Manuscript
from service.issues.queries import list_findings
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@blueprint.post("/findings/<row:finding_id>/settle")
@permission(Permission.EDIT)
def accept_settled(finding_id: int) -> ResponseReturnValue:
    """Mark one warning or left-out line as settled. Safe to repeat."""
    with unit_of_work() as work:
        finding = settle_finding(work, finding_id)
        issue_id = _issue_of(work, finding)
        note(work, current_account().id, f"Settled line {finding.line}", f"issue:{issue_id}", text=finding.text)
    return _back_to(issue_id)


@blueprint.post("/findings/<row:finding_id>/restore")
@permission(Permission.EDIT)
def accept_restored(finding_id: int) -> ResponseReturnValue:
    """Put a left-out line back at the end of the chosen item. Safe to repeat."""
    item_id = Typed(request.form.to_dict()).required_int("item")
    with unit_of_work() as work:
        item = restore_finding(work, finding_id, item_id)
        note(work, current_account().id, "Put a line back", f"issue:{item.issue_id}", title=item.title)
        issue_id, title = item.issue_id, item.title
    say(f"The line stands at the end of “{title}” now." if title else "The line stands at the end of the item now.")
    return _back_to(issue_id)


@blueprint.post("/issues/<row:issue_id>/findings/settle")
@permission(Permission.EDIT)
def accept_all_left_out(issue_id: int) -> ResponseReturnValue:
    """Settle every left-out line of an issue at once; warnings are settled one by one. Safe to repeat."""
    with unit_of_work() as work:
        lines = [found for found in list_findings(work, issue_id) if not found.is_warning and found.settled_at is None]
        for finding in lines:
            settle_finding(work, finding.id)
        note(work, current_account().id, "Settled the lines left out", f"issue:{issue_id}", lines=len(lines))
    return _back_to(issue_id)


def _issue_of(work: Session, finding: Finding) -> int:
    return work.get_one(Manuscript, finding.manuscript_id).issue_id


def _back_to(issue_id: int) -> Response:
    return redirect(url_for("desk.show_issue", issue_id=issue_id, _anchor="manuscript"))
