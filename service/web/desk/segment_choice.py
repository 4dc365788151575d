"""Which readers a draft goes to: the form, and what is said of it wherever the issue is shown."""

from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.deliveries.segments.choosing import Choice, choose_readers, find_choice
from service.deliveries.segments.counting import count_chosen
from service.deliveries.segments.saved import list_choices
from service.errors import BadInput
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.bounded import TookTooLong
from service.subscribers.queries import count_active
from service.web.charts import draw_share
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@dataclass(frozen=True)
class Expected:
    """To whom a draft goes as it is now. ``audience`` is None where it can't be counted while somebody waits."""

    choice: Choice
    audience: int | None
    bar: Markup


@blueprint.get("/issues/<row:issue_id>/readers")
@permission(Permission.EDIT)
def show_choice(issue_id: int) -> ResponseReturnValue:
    """Show a draft's choice of readers as a form; of an issue that is out there is nothing to choose."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        if issue.state is not IssueState.DRAFT:
            return redirect(url_for("desk.show_issue", issue_id=issue_id))
        typed = Typed({"only": str(issue.segment_id or ""), "without": str(issue.excluded_segment_id or "")})
        return render_template("web/desk/segment_choice.html", issue=issue, typed=typed, choices=list_choices(work))


@blueprint.post("/issues/<row:issue_id>/readers")
@permission(Permission.EDIT)
@gives_back
def accept_choice(issue_id: int) -> ResponseReturnValue:
    """Save which readers a draft goes to. Safe to repeat."""
    typed = Typed(request.form)
    only, without = (typed.required_int(name) if typed.text(name) else None for name in ("only", "without"))
    with unit_of_work() as work:
        issue = choose_readers(work, issue_id, only, without)
        choice = find_choice(work, issue)
        note(work, current_account().id, "Chose the readers", f"issue:{issue_id}", **describe(choice))
    say("The issue goes to everyone." if choice.is_everybody else "The choice of readers is saved.")
    return redirect(url_for("desk.show_issue", issue_id=issue_id, _anchor="readers"))


def expect(work: Session, issue: Issue) -> Expected:
    """Return to whom a draft goes, counted now."""
    choice = find_choice(work, issue)
    if choice.is_everybody:
        return Expected(choice, count_active(work, issue.newsletter_id), Markup())
    try:
        counted = count_chosen(work, issue)
    except TookTooLong:
        return Expected(choice, None, Markup())
    except BadInput:  # its checks say what is wrong
        return Expected(choice, 0, Markup())
    said = f"{counted.chosen:,} of {counted.whole:,} readers"
    return Expected(choice, counted.chosen, draw_share(counted.chosen, counted.whole, said))


def describe(choice: Choice) -> dict[str, str]:
    """Return the words of a choice for the trail."""
    words = {"only": choice.only, "without": choice.without}
    return {name: text for name, text in words.items() if text is not None}
