"""Saved segments on the desk: the list, a new one, changing and deleting one. ``deliveries.segments`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from service.deliveries.segments.saved import (
    PAGE,
    add_segment,
    change_segment,
    delete_segment,
    get_segment,
    list_segments,
    list_using,
)
from service.errors import BadInput
from service.issues.queries import list_newsletters
from service.staff.audit import note
from service.staff.roles import Permission
from service.subscribers.fields import list_fields
from service.subscribers.segments.models import Segment
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.desk.segment_count import look_at
from service.web.transaction import unit_of_work

_LONGEST_KEY = 300  # characters of a name in an address


@blueprint.get("/readers/segments")
@permission(Permission.READERS)
def show_segments() -> ResponseReturnValue:
    """List saved segments by name, with how many issues go by each."""
    after = request.args.get("after", "").replace("\x00", "")[:_LONGEST_KEY]
    with unit_of_work() as work:
        found = list_segments(work, after, PAGE + 1)
        return render_template("web/desk/segments.html", segments=found[:PAGE], after=after, has_more=len(found) > PAGE)


@blueprint.get("/readers/segments/new")
@permission(Permission.READERS)
def show_new_segment() -> ResponseReturnValue:
    """Show an empty form."""
    with unit_of_work() as work:
        return _draw(work, None, Typed({}))


@blueprint.post("/readers/segments/new")
@permission(Permission.READERS)
@gives_back
def accept_new_segment() -> ResponseReturnValue:
    """Save a new segment, or only count it."""
    typed = Typed(request.form)
    if _only_counts(typed):
        with unit_of_work() as work:
            return _draw(work, None, typed)
    try:
        with unit_of_work() as work:
            account = current_account().id
            segment = add_segment(work, typed.text("name"), typed.text("words"), account)
            _note(work, "Saved the segment", segment)
    except BadInput as problem:
        with unit_of_work() as work:
            return _draw(work, None, typed, problem), problem.status
    return _to_list(f"The segment “{segment.name}” is saved.")


@blueprint.get("/readers/segments/<row:segment_id>")
@permission(Permission.READERS)
def show_segment(segment_id: int) -> ResponseReturnValue:
    """Show a saved segment as a form, counted now, and the issues that go by it."""
    with unit_of_work() as work:
        segment = get_segment(work, segment_id)
        typed = {"name": segment.name, "words": segment.text, "newsletter": request.args.get("newsletter", "")}
        return _draw(work, segment, Typed(typed))


@blueprint.post("/readers/segments/<row:segment_id>")
@permission(Permission.READERS)
@gives_back
def accept_segment(segment_id: int) -> ResponseReturnValue:
    """Change a segment, or only count what was typed."""
    typed = Typed(request.form)
    if _only_counts(typed):
        with unit_of_work() as work:
            return _draw(work, get_segment(work, segment_id), typed)
    try:
        with unit_of_work() as work:
            segment = change_segment(work, segment_id, typed.text("name"), typed.text("words"))
            _note(work, "Changed the segment", segment)
    except BadInput as problem:
        with unit_of_work() as work:
            return _draw(work, get_segment(work, segment_id), typed, problem), problem.status
    return _to_list(f"The segment “{segment.name}” is saved.")


@blueprint.get("/readers/segments/<row:segment_id>/delete")
@permission(Permission.READERS)
def show_segment_deletion(segment_id: int) -> ResponseReturnValue:
    """Ask whether a segment is really to be deleted."""
    with unit_of_work() as work:
        return render_template("web/desk/segment_delete.html", segment=get_segment(work, segment_id))


@blueprint.post("/readers/segments/<row:segment_id>/delete")
@permission(Permission.READERS)
def accept_segment_deletion(segment_id: int) -> ResponseReturnValue:
    """Delete a segment that no issue waits for."""
    with unit_of_work() as work:
        _note(work, "Deleted the segment", get_segment(work, segment_id))
        name = delete_segment(work, segment_id)
    return _to_list(f"The segment “{name}” is deleted.")


def _only_counts(typed: Typed) -> bool:
    return typed.text("press") == "count"


def _draw(work: Session, segment: Segment | None, typed: Typed, problem: BadInput | None = None) -> str:
    newsletters = list_newsletters(work)
    return render_template(
        "web/desk/segment.html",
        segment=segment,
        typed=typed,
        problem=problem,
        newsletters=newsletters,
        look=look_at(work, typed, newsletters),
        questions=[one.name for one in list_fields(work)],
        using=list_using(work, segment.id) if segment else [],
    )


def _note(work: Session, action: str, segment: Segment) -> None:
    account = current_account().id
    note(work, account, action, f"segment:{segment.id}", title=segment.name, text=segment.text)


def _to_list(sentence: str) -> Response:
    say(sentence)
    return redirect(url_for("desk.show_segments"))
