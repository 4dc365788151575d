"""What staff do to an issue that was released: take it back, pause, resume, cancel, add copies. They decide nothing."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.missing import send_to_missing
from service.deliveries.queries import get_progress
from service.deliveries.resending import send_again
from service.deliveries.starting import withdraw_issue
from service.errors import Conflict
from service.issues.queries import get_issue
from service.issues.states import MOVES, IssueEvent, IssueState
from service.staff.roles import Permission
from service.web.desk.access import LARGEST_ID, blueprint, current_account, permission, safe_target, say
from service.web.transaction import unit_of_work

Act = Callable[[Session, int, int | None], object]


@blueprint.post("/issues/<row:issue_id>/withdraw")
@permission(Permission.SEND)
def accept_withdrawal(issue_id: int) -> ResponseReturnValue:
    """Take back an issue of which nothing has left: it is a draft again."""
    if _did(issue_id, withdraw_issue, "The issue is taken back: it is a draft again, and nobody got it."):
        return redirect(url_for("desk.show_issue", issue_id=issue_id))
    return redirect(url_for("desk.show_progress", issue_id=issue_id))


@blueprint.post("/issues/<row:issue_id>/pause")
@permission(Permission.SEND)
def accept_pause(issue_id: int) -> ResponseReturnValue:
    """Stop sending for now."""
    return _steer(issue_id, pause_issue, "Sending is paused. Copies already on the wire go out first.")


@blueprint.post("/issues/<row:issue_id>/resume")
@permission(Permission.SEND)
def accept_resume(issue_id: int) -> ResponseReturnValue:
    """Go on sending."""
    return _steer(issue_id, resume_issue, "Sending goes on.")


@blueprint.get("/issues/<row:issue_id>/cancel")
@permission(Permission.SEND)
def show_cancellation(issue_id: int) -> ResponseReturnValue:
    """Ask whether the rest is really not to be sent; where there is no rest, say so."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        if (issue.state, IssueEvent.CANCEL) in MOVES:
            return render_template("web/desk/cancel.html", issue=issue, progress=get_progress(work, issue_id))
    say("There is nothing to cancel: this issue is not being sent now.", "warn")
    return redirect(url_for("desk.show_progress", issue_id=issue_id))


@blueprint.post("/issues/<row:issue_id>/cancel")
@permission(Permission.SEND)
def accept_cancellation(issue_id: int) -> ResponseReturnValue:
    """Stop for good: everyone still waiting is skipped."""
    return _steer(issue_id, cancel_issue, "The issue is cancelled. Nobody else gets it.")


@blueprint.post("/issues/<row:issue_id>/missing")
@permission(Permission.SEND)
def accept_missing(issue_id: int) -> ResponseReturnValue:
    """Send to everybody who may get the issue now and has no copy; among many readers they are found afterwards."""
    try:
        with unit_of_work() as work:
            added = send_to_missing(work, issue_id, current_account().id)
            rests = get_issue(work, issue_id).state is IssueState.PAUSED
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        _tell_of_missing(added, rests=rests)
    return redirect(url_for("desk.show_progress", issue_id=issue_id))


@blueprint.post("/issues/<row:issue_id>/again")
@permission(Permission.SEND)
def accept_again(issue_id: int) -> ResponseReturnValue:
    """Send the copies named by ``copy`` again, and go back to the list on which they stood."""
    try:
        with unit_of_work() as work:
            sent = send_again(work, issue_id, read_copies(), current_account().id)
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        tell_of_again(sent)
    return redirect(safe_target(request.form.get("back")))


def read_copies() -> list[int]:
    """Return the ids in the form's ``copy`` fields; what is no id is left out."""
    raw = [one for one in request.form.getlist("copy") if one.isascii() and one.isdecimal() and len(one) < 20]
    return [int(one) for one in raw if int(one) <= LARGEST_ID]


def tell_of_again(sent: int) -> None:
    """Say how many copies are sent again."""
    if sent:
        say(f"{sent:,} {'copy is' if sent == 1 else 'copies are'} being sent again.")
    else:
        say("Nothing is sent again: the copy is on its way already, or the person has unsubscribed.", "warn")


def _tell_of_missing(added: int | None, *, rests: bool) -> None:
    if added is None:
        say("Those who have no copy are being looked for. This page shows how far that is; you need not wait here.")
        return
    people, they = ("1 person", "gets") if added == 1 else (f"{added:,} people", "get")
    if not added:
        say("Nobody is missing.")
    elif rests:
        say(f"{people} {'is' if added == 1 else 'are'} added; they get it when you resume.")
    else:
        say(f"{people} who {'was' if added == 1 else 'were'} missing {they} it now.")


def _steer(issue_id: int, act: Act, sentence: str) -> ResponseReturnValue:
    _did(issue_id, act, sentence)
    return redirect(url_for("desk.show_progress", issue_id=issue_id))


def _did(issue_id: int, act: Act, sentence: str) -> bool:
    """Do it and say so; where the issue has moved on meanwhile, say that instead."""
    try:
        with unit_of_work() as work:
            act(work, issue_id, current_account().id)
    except Conflict as problem:
        say(problem.message, "warn")
        return False
    say(sentence)
    return True
