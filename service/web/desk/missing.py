"""Who has no copy of an issue and may get it now: how many, asked before it is sent to them. Changes nothing.

A page of its own, for the answer is counted over the whole audience; not over one that would take too long.
"""

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from service.deliveries.missing import count_missing
from service.deliveries.queries import takes_copies
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.roles import Permission
from service.web.desk.access import blueprint, permission
from service.web.transaction import unit_of_work


@blueprint.get("/issues/<row:issue_id>/missing")
@permission(Permission.SEND)
def show_missing(issue_id: int) -> ResponseReturnValue:
    """Ask whether the issue is to go to those who have no copy; one that takes none leads to its results."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        if not takes_copies(issue):
            return redirect(url_for("desk.show_results", issue_id=issue_id))
        return render_template(
            "web/desk/missing.html",
            issue=issue,
            missing=count_missing(work, issue),
            rests=issue.state is IssueState.PAUSED,
        )
