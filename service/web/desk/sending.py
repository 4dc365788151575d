"""Sending an issue: the review of all that is about to happen, and the release. ``deliveries`` decides and acts."""

import hashlib
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.deliveries.planning import release_issue
from service.deliveries.segments.choosing import Choice, find_choice
from service.errors import Conflict
from service.issues.checks import CLIPPED_BYTES
from service.issues.editing import lock_draft
from service.issues.models import Issue
from service.issues.queries import get_issue
from service.issues.states import IssueState
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, current_zone, permission, say
from service.web.desk.clocks import name_zone
from service.web.desk.fields import Typed
from service.web.desk.readiness import examine
from service.web.desk.segment_choice import describe, expect
from service.web.desk.times import read_start
from service.web.services import get_services
from service.web.transaction import unit_of_work

CHANGED = "The issue was changed since you reviewed it, so nothing was sent. Please look at it as it is now."


@blueprint.get("/issues/<row:issue_id>/send")
@permission(Permission.SEND)
def show_review(issue_id: int) -> ResponseReturnValue:
    """Show everything that is about to happen, with one button; a released issue goes to its progress."""
    with unit_of_work() as work:
        issue = get_issue(work, issue_id)
        if issue.state is not IssueState.DRAFT:
            return _to_progress(issue_id)
        return _draw_review(work, issue, Typed({}), [])


@blueprint.post("/issues/<row:issue_id>/send")
@permission(Permission.SEND)
def accept_release(issue_id: int) -> ResponseReturnValue:
    """Release the issue that was reviewed. Safe to repeat: the second press finds it released and shows it going."""
    typed = Typed(request.form)
    try:
        with unit_of_work() as work:
            issue = lock_draft(work, issue_id)
            _refuse_changed(issue, find_choice(work, issue, is_held=True), typed.text("seen"))
            wanted, choices = read_start(typed, current_zone(), get_services().settings.hold)
            if typed.errors:
                return _draw_review(work, issue, typed, choices), 422
            _release(work, issue_id, wanted)
    except _ChangedSinceReview as problem:
        say(problem.message, "warn")
        return redirect(url_for("desk.show_review", issue_id=issue_id))
    except Conflict:
        if not _was_released(issue_id):
            raise
    return _to_progress(issue_id)


def fingerprint(issue: Issue, choice: Choice) -> str:
    """Return a short name for exactly this content and these readers: a review answers for what it showed."""
    parts = [f"{issue.id}:{issue.revision}", *(f"{item.id}:{item.revision}:{item.position}" for item in issue.items)]
    parts += [f"{name}:{words}" for name, words in describe(choice).items()]
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:16]


class _ChangedSinceReview(Conflict):
    """The content is not the one that was reviewed."""


def _refuse_changed(issue: Issue, choice: Choice, seen: str) -> None:
    if fingerprint(issue, choice) != seen:
        raise _ChangedSinceReview(CHANGED)


def _draw_review(work: Session, issue: Issue, typed: Typed, choices: list[datetime]) -> str:
    expected = expect(work, issue)
    return render_template(
        "web/desk/send.html",
        issue=issue,
        expected=expected,
        readiness=examine(work, issue),
        largest=CLIPPED_BYTES,
        seen=fingerprint(issue, expected.choice),
        hold=get_services().settings.hold,
        zone_name=name_zone(current_zone()),
        typed=typed,
        choices=choices,
    )


def _release(work: Session, issue_id: int, wanted: datetime | None) -> None:
    services = get_services()
    asker = services.signer if services.gateway else None  # nobody is asked where nothing could be taken
    settings = services.settings
    readers = release_issue(work, issue_id, settings.public_url, asker, hold=settings.hold, starts_at=wanted)
    planned = {"planned": wanted.isoformat(timespec="minutes")} if wanted else {}
    chosen = describe(find_choice(work, get_issue(work, issue_id)))
    note(work, current_account().id, "Released the issue", f"issue:{issue_id}", readers=readers, **planned, **chosen)


def _was_released(issue_id: int) -> bool:
    with unit_of_work() as work:
        return get_issue(work, issue_id).state is not IssueState.DRAFT


def _to_progress(issue_id: int) -> Response:
    return redirect(url_for("desk.show_progress", issue_id=issue_id))
