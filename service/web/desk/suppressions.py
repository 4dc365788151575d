"""Who must not be mailed, on the desk: the list, one of them, adding, lifting. ``subscribers.suppression`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from sqlalchemy.orm import Session

from service.addresses import parse_address
from service.errors import BadInput, Conflict
from service.staff.accounts import list_names
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.subscribers.suppression import is_for_the_person_alone, lift, suppress_by_staff
from service.subscribers.suppression_models import SuppressionReason
from service.subscribers.suppression_queries import (
    Stopped,
    count_reasons,
    get_suppression,
    list_suppressions,
    list_suppressions_of,
)
from service.web.charts import Part, draw_parts
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.fields import Typed
from service.web.desk.keys import read_key
from service.web.desk.readerwording import SUPPRESSION_WORDS
from service.web.transaction import unit_of_work

# What staff themselves can know; the others are noted where they happen.
BY_STAFF = (SuppressionReason.ASKED, SuppressionReason.STAFF, SuppressionReason.DEAD, SuppressionReason.COMPLAINT)
_TONES = {
    SuppressionReason.COMPLAINT: "failed",
    SuppressionReason.DEAD: "warn",
    SuppressionReason.ASKED: "main",
    SuppressionReason.STAFF: "sent",
    SuppressionReason.IMPORTED: "skipped",
    SuppressionReason.ERASED: "sending",
}


@blueprint.get("/readers/suppressed")
@permission(Permission.READERS)
def show_suppressions() -> ResponseReturnValue:
    """List who must not be mailed, newest first; or all that ever stood against one address."""
    with unit_of_work() as work:
        return _show_list(work, Typed({}))


@blueprint.post("/readers/suppressed")
@permission(Permission.READERS)
@gives_back
def accept_suppression() -> ResponseReturnValue:
    """Note an address that must not be mailed, whether or not it is a reader's."""
    typed = Typed(request.form.to_dict())
    reason = typed.word("reason", SuppressionReason, "The reason")
    account_id = current_account().id
    try:
        typed.refuse_unreadable()
        with unit_of_work() as work:
            key = parse_address(typed.text("stop_address")).key
            suppression_id = suppress_by_staff(work, key, reason, note=typed.text("stop_note"), account_id=account_id)
            note(work, account_id, "Noted that this address must not be mailed", f"suppression:{suppression_id}")
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show_list(work, typed, problem), problem.status
    say("No newsletter goes to this address any more.")
    return redirect(url_for("desk.show_suppression", suppression_id=suppression_id))


@blueprint.get("/readers/suppressed/<row:suppression_id>")
@permission(Permission.READERS)
def show_suppression(suppression_id: int) -> ResponseReturnValue:
    """Show why one address must not be mailed, and who may change that."""
    with unit_of_work() as work:
        return _show_one(work, suppression_id, Typed({}))


@blueprint.post("/readers/suppressed/<row:suppression_id>/lift")
@permission(Permission.READERS)
@gives_back
def accept_lifting(suppression_id: int) -> ResponseReturnValue:
    """Let an address be mailed again, for a reason that is kept. It brings no subscription back."""
    typed, account_id = Typed(request.form.to_dict()), current_account().id
    try:
        with unit_of_work() as work:
            lift(work, suppression_id, note=typed.text("lift_note"), account_id=account_id)
            note(work, account_id, "Lifted it: the address may be mailed again", f"suppression:{suppression_id}")
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show_one(work, suppression_id, typed, problem), problem.status
    say("The address may be mailed again. Who had left a newsletter does not get it again by this.")
    return redirect(url_for("desk.show_suppression", suppression_id=suppression_id))


def _show_list(work: Session, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    asked = {name: request.args[name] for name in ("address", "reason") if request.args.get(name)}
    before, reason = read_key(request.args.get("before")), asked.get("reason", "")
    wanted = SuppressionReason(reason) if reason in set(SuppressionReason) else None
    history, error = _find(work, asked.get("address", ""))
    rows, has_more = ([], False) if "address" in asked else list_suppressions(work, wanted, before)
    return render_template(
        "web/desk/suppressions.html",
        asked=asked,
        before=before,
        rows=rows or history,
        has_more=has_more,
        error=error,
        bar=_draw(count_reasons(work)),
        by_staff=BY_STAFF,
        typed=typed,
        problem=problem,
    )


def _find(work: Session, address: str) -> tuple[list[Stopped], str]:
    """Return all that ever stood against an address; and what is wrong with it, if it is none."""
    if not address:
        return [], ""
    try:
        return list_suppressions_of(work, parse_address(address).key), ""
    except BadInput as problem:
        return [], problem.message


def _draw(counts: dict[SuppressionReason, int]) -> tuple[Markup, list[tuple[str, str, int]]]:
    shown = [(SUPPRESSION_WORDS[reason], reason.value, counts.get(reason, 0)) for reason in SuppressionReason]
    said = ", ".join(f"{words.lower()} {count:,}" for words, _, count in shown if count)
    parts = [Part(words, count, _TONES[SuppressionReason(reason)]) for words, reason, count in shown]
    return draw_parts(parts, f"By reason: {said or 'none'}."), [one for one in shown if one[2]]


def _show_one(work: Session, suppression_id: int, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    one = get_suppression(work, suppression_id)
    return render_template(
        "web/desk/suppression.html",
        one=one.suppression,
        subscriber_id=one.subscriber_id,
        only_the_person=is_for_the_person_alone(one.suppression),
        staff=list_names(work),
        entries=list_entries(work, f"suppression:{suppression_id}"),
        typed=typed,
        problem=problem,
    )
