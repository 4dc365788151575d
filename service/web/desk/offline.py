"""Checks and transfers, entered and voided by staff. Owns the forms; ``donations.offline`` decides."""

import secrets

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.funds import list_funds
from service.donations.offline import OfflineGift, VoidReason, Way, record_offline_gift, void_offline_gift
from service.donations.queries import get_gift
from service.errors import BadInput, Conflict
from service.money import write_amount
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import open_books
from service.web.desk.fields import Typed
from service.web.desk.giftwording import WAY_WORDS
from service.web.language import GIVERS_LANGUAGES
from service.web.transaction import unit_of_work


@blueprint.get("/gifts/offline")
@permission(Permission.FINANCE)
def show_offline_form() -> ResponseReturnValue:
    """Show the form for a check, a transfer or cash."""
    with unit_of_work() as work:
        today = open_books(work).today.isoformat()
        return _show_form(work, Typed({"nonce": secrets.token_hex(16), "given_on": today, "language": "en"}))


@blueprint.post("/gifts/offline")
@permission(Permission.FINANCE)
@gives_back
def accept_offline_gift() -> ResponseReturnValue:
    """Write the gift into the books, once however often the form is sent, or show the form with all that was typed."""
    typed = Typed(request.form.to_dict())
    try:
        with unit_of_work() as work:
            gift = _read_gift(typed, open_books(work).currency)
            typed.refuse_unreadable()
            donation, is_new = record_offline_gift(work, gift, typed.text("nonce"))
            if is_new:
                words = f"Entered {write_amount(donation.amount_minor, donation.currency)}"
                note(work, current_account().id, words, f"gift:{donation.id}")
            gift_id = donation.id
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_form(work, typed, problem), problem.status
    except Conflict as problem:
        another = Typed({**typed.raw, "nonce": secrets.token_hex(16)})
        with unit_of_work() as work:
            return _show_form(work, another, problem), problem.status
    say("The gift is in the books, and its receipt is on its way.")
    return redirect(url_for("desk.show_gift", gift_id=gift_id))


@blueprint.get("/gifts/<row:gift_id>/void")
@permission(Permission.FINANCE)
def show_voiding(gift_id: int) -> ResponseReturnValue:
    """Ask why an entered gift does not stand."""
    with unit_of_work() as work:
        return render_template("web/desk/void_gift.html", books=open_books(work), gift=get_gift(work, gift_id))


@blueprint.post("/gifts/<row:gift_id>/void")
@permission(Permission.REFUND)
def accept_voiding(gift_id: int) -> ResponseReturnValue:
    """Reverse an entered gift. Safe to repeat."""
    typed = Typed(request.form.to_dict())
    reason = typed.word("reason", VoidReason, "The reason")
    typed.refuse_unreadable()
    with unit_of_work() as work:
        void_offline_gift(work, gift_id, reason)
        note(work, current_account().id, "Voided the gift", f"gift:{gift_id}", reason=reason.value)
    say("The gift is void: a line of its own reverses it, and its receipt is no longer valid.")
    return redirect(url_for("desk.show_gift", gift_id=gift_id))


def _read_gift(typed: Typed, currency: str) -> OfflineGift:
    language = typed.text("language")
    return OfflineGift(
        donor_name=typed.text("donor_name"),
        address=typed.text("address"),
        language=language if language in GIVERS_LANGUAGES else "en",
        amount_minor=typed.money("amount", "The amount", currency),
        given_on=typed.day("given_on", "The day of the gift"),
        fund_id=typed.required_int("fund"),
        way=typed.word("way", Way, "How it came"),
        reference=typed.text("reference"),
        fair_market_value_minor=typed.optional_money("benefit_value", currency),
        benefit=typed.text("benefit"),
        is_anonymous=bool(typed.text("is_anonymous")),
    )


def _show_form(work: Session, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    return render_template(
        "web/desk/offline.html",
        books=open_books(work),
        typed=typed,
        problem=problem,
        funds=[(str(fund.id), fund.name) for fund in list_funds(work) if fund.is_open],
        ways=[(way.value, words) for way, words in WAY_WORDS.items()],
        languages=list(GIVERS_LANGUAGES.items()),
    )
