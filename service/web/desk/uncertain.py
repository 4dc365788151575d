"""Copies that nobody can know of: each with what is known, and what staff decide. ``deliveries`` acts."""

from enum import StrEnum
from typing import Final

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.deliveries.queries import get_progress, takes_copies
from service.deliveries.resending import send_again
from service.deliveries.uncertain import PAGE, accept, leave, list_uncertain, list_undecided
from service.errors import Conflict, NotFound
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.fields import read_page
from service.web.desk.steering import read_copies, tell_of_again
from service.web.masking import mask_address
from service.web.transaction import unit_of_work


class Decision(StrEnum):
    """What staff decide about uncertain copies."""

    AGAIN = "again"
    ACCEPTED = "accepted"
    LEAVE = "leave"


ASKED: Final = {Decision.AGAIN, Decision.ACCEPTED}  # about all at once; leaving them can be taken back one by one


@blueprint.get("/issues/<row:issue_id>/uncertain")
@permission(Permission.EDIT)
def show_uncertain(issue_id: int) -> ResponseReturnValue:
    """Show every uncertain copy of an issue, those that wait for a decision first; by name to who may see readers."""
    number = read_page(request.args.get("page"))
    with unit_of_work() as work:
        issue, doubts = get_issue(work, issue_id), list_uncertain(work, issue_id, number)
        return render_template(
            "web/desk/uncertain.html",
            issue=issue,
            can_resend=takes_copies(issue),
            progress=get_progress(work, issue_id),
            doubts=doubts,
            mask_address=mask_address,
            number=number,
            has_next=len(doubts) == PAGE and bool(list_uncertain(work, issue_id, number + 1)),
        )


@blueprint.get("/issues/<row:issue_id>/uncertain/<decision>")
@permission(Permission.SEND)
def show_decision(issue_id: int, decision: str) -> ResponseReturnValue:
    """Ask whether this is really to be done with all copies that wait for a decision, and say what it means."""
    if decision not in ASKED:
        raise NotFound("There is no such page.")
    with unit_of_work() as work:
        issue, count = get_issue(work, issue_id), len(list_undecided(work, issue_id))
        if count:
            return render_template(
                "web/desk/uncertain_all.html",
                issue=issue,
                decision=decision,
                count=count,
                is_paused=issue.state is IssueState.PAUSED,
            )
    say("No copy waits for a decision any more.")
    return redirect(url_for("desk.show_uncertain", issue_id=issue_id))


@blueprint.post("/issues/<row:issue_id>/uncertain")
@permission(Permission.SEND)
def accept_decision(issue_id: int) -> ResponseReturnValue:
    """Do what staff decided about the copies in ``copy``, or with ``everyone`` about all that wait for a decision.

    What touches many at once was confirmed with its number before; where that changed meanwhile, it is asked again.
    """
    raw, is_for_all = request.form.get("decision", ""), bool(request.form.get("everyone"))
    back = redirect(url_for("desk.show_uncertain", issue_id=issue_id))
    if raw not in set(Decision):
        return back
    try:
        with unit_of_work() as work:
            copies = list_undecided(work, issue_id) if is_for_all else read_copies()
            if is_for_all and raw in ASKED and request.form.get("confirmed") != str(len(copies)):
                if "confirmed" in request.form:
                    say("Nothing is done yet: meanwhile the number of copies has changed. Please look again.", "warn")
                return redirect(url_for("desk.show_decision", issue_id=issue_id, decision=raw))
            _decide(work, issue_id, Decision(raw), copies)
    except Conflict as problem:
        say(problem.message, "warn")
    return back


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
