"""Paying back, on the desk: asking, agreeing, turning down. Owns the pages; ``donations.refunds`` decides."""

from collections.abc import Callable

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.models import RefundRequest
from service.donations.queries import get_gift
from service.donations.refunds import RequestState, approve_refund, decline_refund, list_requests, request_refund
from service.errors import BadInput, Conflict
from service.money import write_amount
from service.staff.audit import note
from service.staff.models import Account
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import open_books
from service.web.desk.fields import Typed
from service.web.desk.gifts import show_one_gift
from service.web.transaction import unit_of_work

WAITS = "Noted. It is above the limit for one person, so a second person must agree to it."
GOES = "Noted. It is being paid back; the gift’s story will say when it has gone."


@blueprint.get("/refunds")
@permission(Permission.FINANCE)
def show_refunds() -> ResponseReturnValue:
    """List every request, those that wait for a second person first."""
    with unit_of_work() as work:
        return render_template("web/desk/refunds.html", books=open_books(work), requests=list_requests(work))


@blueprint.post("/gifts/<row:gift_id>/refund")
@permission(Permission.REFUND)
@gives_back
def accept_refund(gift_id: int) -> ResponseReturnValue:
    """Ask to pay back a part or all of a gift. A form that is sent twice asks once."""
    typed, account = Typed(request.form.to_dict()), current_account()
    try:
        with unit_of_work() as work:
            currency = get_gift(work, gift_id).currency
            amount = typed.money("amount", "The amount to pay back", currency)
            typed.refuse_unreadable()
            seen = typed.required_int("seen")
            asked = request_refund(work, gift_id, amount, typed.text("reason"), account, seen=seen)
            words = f"Asked to pay back {write_amount(amount, currency)}"
            note(work, account.id, words, f"refund:{asked.id}", gift=gift_id, reason=asked.reason)
            waits = asked.state == RequestState.WAITING
    except (BadInput, Conflict) as problem:
        typed.errors.setdefault("refund", problem.message)
        with unit_of_work() as work:
            return show_one_gift(work, gift_id, typed), problem.status
    say(WAITS if waits else GOES, "plain" if waits else "good")
    return redirect(url_for("desk.show_gift", gift_id=gift_id))


@blueprint.post("/refunds/<row:request_id>/approve")
@permission(Permission.REFUND)
def accept_approval(request_id: int) -> ResponseReturnValue:
    """Agree to what somebody else asked for."""
    return _decide(request_id, approve_refund, "Agreed to pay back", GOES)


@blueprint.post("/refunds/<row:request_id>/decline")
@permission(Permission.REFUND)
def accept_decline(request_id: int) -> ResponseReturnValue:
    """Turn a request down, or take one's own back."""
    return _decide(request_id, decline_refund, "Declined to pay back", "Declined. Nothing is paid back.")


def _decide(
    request_id: int, decide: Callable[[Session, int, Account], RefundRequest], action: str, sentence: str
) -> ResponseReturnValue:
    account = current_account()
    try:
        with unit_of_work() as work:
            decided = decide(work, request_id, account)
            amount = write_amount(decided.amount_minor, decided.donation.currency)
            note(work, account.id, f"{action} {amount}", f"gift:{decided.donation_id}", request=request_id)
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say(sentence)
    return redirect(url_for("desk.show_refunds"))
