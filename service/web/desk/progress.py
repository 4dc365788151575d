"""Where everyone's copy stands, live: before the start a count-down, then the seven states. Reads only."""

from dataclasses import dataclass
from datetime import timedelta
from time import perf_counter
from typing import Final

from flask import jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.clock import now
from service.deliveries.queries import Progress, get_progress
from service.deliveries.starting import is_untouched
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.roles import Permission, may
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.drawing import count_states, draw_progress
from service.web.desk.waiting import Wait, find_wait
from service.web.services import get_services
from service.web.transaction import unit_of_work

UNDER_WAY: Final = {IssueState.SENDING, IssueState.PAUSED}
LIVE: Final = {IssueState.HELD, *UNDER_WAY}
SHARE: Final = 20  # of the time, at most a twentieth goes into counting for one open page
SHORTEST, LONGEST = timedelta(seconds=1), timedelta(seconds=30)
FAR: Final = timedelta(minutes=10)  # a start that is farther away is not counted down by the second


@dataclass(frozen=True)
class Look:
    """One look at an issue: its figures, how long until it starts, and when it is worth looking again.

    ``standstill`` says why nothing moves, where something should.
    """

    issue: Issue
    progress: Progress
    wait: timedelta
    again_after: timedelta
    standstill: Wait | None

    @property
    def is_live(self) -> bool:
        """Whether the figures may still change: after a cancellation, copies in a sender's hands come to their end."""
        return self.issue.state in LIVE or self.progress.open > 0 or self.progress.search is not None


@blueprint.get("/issues/<row:issue_id>/progress")
@permission(Permission.EDIT)
def show_progress(issue_id: int) -> ResponseReturnValue:
    """Show where everyone's copy stands; the page keeps itself up to date."""
    with unit_of_work() as work:
        if (state := get_issue(work, issue_id).state) in {IssueState.DRAFT, IssueState.PAST}:
            say("The issue was taken back." if state is IssueState.DRAFT else "A past issue is sent to nobody.")
            return redirect(url_for("desk.show_issue", issue_id=issue_id))
        look = _look(work, issue_id)
        may_send = may(current_account().role, Permission.SEND)
        return render_template(
            "web/desk/progress.html",
            **_figures(look),
            has_controls=look.issue.state in UNDER_WAY and may_send,
            can_withdraw=may_send and _can_withdraw(work, look.issue),
        )


@blueprint.get("/issues/<row:issue_id>/progress.json")
@permission(Permission.EDIT)
def show_progress_json(issue_id: int) -> ResponseReturnValue:
    """Answer with the figures, with the same drawn, for the page to put in place, and when to ask again (ms)."""
    with unit_of_work() as work:
        look = _look(work, issue_id)
        return jsonify(
            state=look.issue.state,
            live=look.is_live,
            again_after=int(look.again_after.total_seconds() * 1000),
            progress=look.progress.to_json(),
            said=say_progress(look),
            html=render_template("web/desk/progress_figures.html", **_figures(look)),
        )


def say_progress(look: Look) -> str:
    """Return what a screen reader is told of it: the count by tenths, and why nothing moves; the same for a while."""
    if look.issue.state is IssueState.HELD:
        return ""
    progress = look.progress
    done = progress.audience - progress.open
    tenths = 10 * done // max(progress.audience, 1)
    count = f"{tenths * 10}% of {progress.audience:,} copies done."
    return f"{count} {look.standstill.plain}" if look.standstill else count


def _look(work: Session, issue_id: int) -> Look:
    issue = get_issue(work, issue_id)
    began = perf_counter()
    progress = get_progress(work, issue_id)
    took = timedelta(seconds=perf_counter() - began)
    wait = (
        max(issue.starts_at - now(), timedelta()) if issue.state is IssueState.HELD and issue.starts_at else timedelta()
    )
    again_after = LONGEST if wait > FAR else min(max(SHARE * took, SHORTEST), LONGEST)
    rests = issue.state is IssueState.SENDING and progress.open and progress.finishes_at is None
    standstill = find_wait(work, issue_id, get_services().settings) if rests else None
    return Look(issue, progress, wait, again_after, standstill)


def _figures(look: Look) -> dict[str, object]:
    return {
        "issue": look.issue,
        "progress": look.progress,
        "counts": count_states(look.progress),
        "bar": draw_progress(look.progress),
        "is_live": look.is_live,
        "wait": look.wait,
        "standstill": look.standstill,
    }


def _can_withdraw(work: Session, issue: Issue) -> bool:
    return issue.state is IssueState.HELD or (issue.state is IssueState.PAUSED and is_untouched(work, issue.id))
