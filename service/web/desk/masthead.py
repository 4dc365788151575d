"""An issue's masthead as a form: number, date, title, preview line, language. ``issues.editing`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service.errors import BadInput, Conflict
from service.issues.editing import change_issue
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed, language_choices
from service.web.transaction import unit_of_work


@blueprint.get("/issues/<row:issue_id>/masthead")
@permission(Permission.EDIT)
def show_masthead(issue_id: int) -> ResponseReturnValue:
    """Show the masthead's facts as a form."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        return _show_masthead(issue, Typed(_masthead_of(issue)))


@blueprint.post("/issues/<row:issue_id>/masthead")
@permission(Permission.EDIT)
@gives_back
def accept_masthead(issue_id: int) -> ResponseReturnValue:
    """Save the masthead, or show the form again with everything typed and what is wrong."""
    typed = Typed(request.form.to_dict())
    volume, number = typed.number("volume", "The volume"), typed.required_number("number", "The number")
    issued_on, language = typed.day("issued_on", "The date"), typed.language()
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            change_issue(
                work,
                issue_id,
                typed.required_int("revision"),
                volume=volume,
                number=number,
                issued_on=issued_on,
                title=typed.text("title"),
                preheader=typed.text("preheader"),
                language=language,
            )
            note(work, current_account().id, "Changed the masthead", f"issue:{issue_id}")
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show_masthead(get_issue(work, issue_id), typed, problem), problem.status
    say("The masthead is saved.")
    return redirect(url_for("desk.show_issue", issue_id=issue_id))


def _masthead_of(issue: Issue) -> dict[str, str]:
    return {
        "volume": "" if issue.volume is None else str(issue.volume),
        "number": str(issue.number),
        "issued_on": issue.issued_on.isoformat(),
        "title": issue.title,
        "preheader": issue.preheader,
        "language": issue.language,
        "revision": str(issue.revision),
    }


def _show_masthead(issue: Issue, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    return render_template(
        "web/desk/masthead.html",
        issue=issue,
        typed=typed,
        errors=typed.errors,
        problem=problem,
        saved=_masthead_of(issue) if isinstance(problem, Conflict) else None,
        languages=language_choices(typed.text("language") or issue.language),
    )
