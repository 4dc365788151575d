"""Copies that nobody can know of: each with what is known, and what staff decide. ``deliveries`` acts."""

from enum import StrEnum

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.deliveries.queries import get_progress
from service.deliveries.resending import send_again
from service.deliveries.uncertain import PAGE, accept, leave, list_uncertain, list_undecided
from service.errors import Conflict
from service.issues.queries import get_issue
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.fields import read_page
from service.web.desk.steering import read_copies, tell_of_again
from service.web.transaction import unit_of_work


class Decision(StrEnum):
    """What staff decide about uncertain copies."""

    AGAIN = "again"
    ACCEPTED = "accepted"
    LEAVE = "leave"


@blueprint.get("/issues/<row:issue_id>/uncertain")
@permission(Permission.EDIT)
def show_uncertain(issue_id: int) -> ResponseReturnValue:
    """Show every uncertain copy of an issue by name, those that wait for a decision first."""
    number = read_page(request.args.get("page"))
    with unit_of_work() as work:
        doubts = list_uncertain(work, issue_id, number)
        return render_template(
            "web/desk/uncertain.html",
            issue=get_issue(work, issue_id),
            progress=get_progress(work, issue_id),
            doubts=doubts,
            number=number,
            has_next=len(doubts) == PAGE and bool(list_uncertain(work, issue_id, number + 1)),
        )


@blueprint.post("/issues/<row:issue_id>/uncertain")
@permission(Permission.SEND)
def accept_decision(issue_id: int) -> ResponseReturnValue:
    """Do what staff decided about the copies in ``copy``, or with ``everyone`` about all that wait for a decision."""
    raw = request.form.get("decision", "")
    try:
        with unit_of_work() as work:
            copies = list_undecided(work, issue_id) if request.form.get("everyone") else read_copies()
            if raw in set(Decision):
                _decide(work, issue_id, Decision(raw), copies)
    except Conflict as problem:
        say(problem.message, "warn")
    return redirect(url_for("desk.show_uncertain", issue_id=issue_id))


def _decide(work: Session, issue_id: int, decision: Decision, copies: list[int]) -> None:
    account = current_account().id
    if decision is Decision.AGAIN:
        tell_of_again(send_again(work, issue_id, copies, account))
    elif decision is Decision.LEAVE:
        left = leave(work, issue_id, copies, account)
        say(f"{left:,} {'copy is' if left == 1 else 'copies are'} left as uncertain.")
    else:
        settled = accept(work, issue_id, copies, account)
        say(f"{settled:,} {'copy counts' if settled == 1 else 'copies count'} as accepted.")
