"""Sending an issue: the review before, the live progress, pause, resume and cancel. ``deliveries`` decides and acts."""

import hashlib
from collections.abc import Callable

from flask import jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.deliveries.control import cancel_issue, pause_issue, resume_issue
from service.deliveries.planning import release_issue
from service.deliveries.queries import Progress, get_progress
from service.errors import Conflict
from service.issues.checks import CLIPPED_BYTES
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.audit import note
from service.staff.roles import Permission, may
from service.subscribers.queries import count_active
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.drawing import count_states, draw_progress
from service.web.desk.readiness import examine
from service.web.services import get_services
from service.web.transaction import unit_of_work

CHANGED = "The issue was changed since you reviewed it, so nothing was sent. Please look at it as it is now."
UNDER_WAY = {IssueState.SENDING, IssueState.PAUSED}


@blueprint.get("/issues/<row:issue_id>/send")
@permission(Permission.SEND)
def show_review(issue_id: int) -> ResponseReturnValue:
    """Show everything that is about to happen, with one button; a released issue goes to its progress."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        if issue.state is not IssueState.DRAFT:
            return _to_progress(issue_id)
        return render_template(
            "web/desk/send.html",
            issue=issue,
            audience=count_active(work, issue.newsletter_id),
            readiness=examine(work, issue),
            largest=CLIPPED_BYTES,
            seen=fingerprint(issue),
        )


@blueprint.post("/issues/<row:issue_id>/send")
@permission(Permission.SEND)
def accept_release(issue_id: int) -> ResponseReturnValue:
    """Release the issue that was reviewed. Safe to repeat: the second press finds it released and shows it going."""
    services = get_services()
    asker = services.signer if services.gateway else None  # nobody is asked where nothing could be taken
    try:
        with unit_of_work() as work:
            _refuse_changed(lock_draft(work, issue_id), request.form.get("seen", ""))
            readers = release_issue(work, issue_id, services.settings.public_url, asker)
            note(work, current_account().id, "Released the issue", f"issue:{issue_id}", readers=readers)
    except _ChangedSinceReview as problem:
        say(problem.message, "warn")
        return redirect(url_for("desk.show_review", issue_id=issue_id))
    except Conflict:
        if not _was_released(issue_id):
            raise
    return _to_progress(issue_id)


@blueprint.get("/issues/<row:issue_id>/progress")
@permission(Permission.EDIT)
def show_progress(issue_id: int) -> ResponseReturnValue:
    """Show where everyone's copy stands; the page keeps itself up to date."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        return render_template(
            "web/desk/progress.html",
            **_figures(issue, get_progress(work, issue_id)),
            has_controls=issue.state in UNDER_WAY and may(current_account().role, Permission.SEND),
        )


@blueprint.get("/issues/<row:issue_id>/progress.json")
@permission(Permission.EDIT)
def show_progress_json(issue_id: int) -> ResponseReturnValue:
    """Answer with the figures, and with the same drawn, for the page to put in place."""
    with unit_of_work() as work:
        issue, progress = get_issue(work, issue_id), get_progress(work, issue_id)
        return jsonify(
            state=issue.state,
            live=_is_live(issue, progress),
            progress=progress.to_json(),
            html=render_template("web/desk/progress_figures.html", **_figures(issue, progress)),
        )


@blueprint.post("/issues/<row:issue_id>/pause")
@permission(Permission.SEND)
def accept_pause(issue_id: int) -> ResponseReturnValue:
    """Stop sending for now."""
    return _control(issue_id, pause_issue, "Paused", "Sending rests. Copies already on the wire end first.")


@blueprint.post("/issues/<row:issue_id>/resume")
@permission(Permission.SEND)
def accept_resume(issue_id: int) -> ResponseReturnValue:
    """Go on sending."""
    return _control(issue_id, resume_issue, "Resumed", "Sending goes on.")


@blueprint.get("/issues/<row:issue_id>/cancel")
@permission(Permission.SEND)
def show_cancellation(issue_id: int) -> ResponseReturnValue:
    """Ask whether the rest is really not to be sent."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        return render_template("web/desk/cancel.html", issue=issue, progress=get_progress(work, issue_id))


@blueprint.post("/issues/<row:issue_id>/cancel")
@permission(Permission.SEND)
def accept_cancellation(issue_id: int) -> ResponseReturnValue:
    """Stop for good: everyone still waiting is skipped."""
    return _control(issue_id, cancel_issue, "Cancelled", "The issue is cancelled. Nobody else gets it.")


def fingerprint(issue: Issue) -> str:
    """Return a short name for exactly this content, so that a review answers for what it showed."""
    parts = [f"{issue.id}:{issue.revision}", *(f"{item.id}:{item.revision}:{item.position}" for item in issue.items)]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


class _ChangedSinceReview(Conflict):
    """The content is not the one that was reviewed."""


def _refuse_changed(issue: Issue, seen: str) -> None:
    if fingerprint(issue) != seen:
        raise _ChangedSinceReview(CHANGED)


def _figures(issue: Issue, progress: Progress) -> dict[str, object]:
    return {
        "issue": issue,
        "progress": progress,
        "counts": count_states(progress),
        "bar": draw_progress(progress),
        "is_live": _is_live(issue, progress),
    }


def _is_live(issue: Issue, progress: Progress) -> bool:
    """Whether the figures may still change: after a cancellation, copies in a sender's hands come to their end."""
    return issue.state in UNDER_WAY or progress.open > 0


def _control(issue_id: int, act: Callable[[Session, int], None], action: str, sentence: str) -> ResponseReturnValue:
    try:
        with unit_of_work() as work:
            act(work, issue_id)
            note(work, current_account().id, action, f"issue:{issue_id}")
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say(sentence)
    return _to_progress(issue_id)


def _was_released(issue_id: int) -> bool:
    with unit_of_work() as work:
        return get_issue(work, issue_id).state is not IssueState.DRAFT


def _to_progress(issue_id: int) -> Response:
    return redirect(url_for("desk.show_progress", issue_id=issue_id))
