"""Who the organisation is and by which rules it takes gifts, and the switch that pauses giving. Owns the pages."""

import re

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.errors import BadInput, Conflict
from service.money import BASIS, CURRENCIES, write_plain
from service.organisation.editing import Editor, Facts, facts_of, pause_giving, resume_giving, set_organisation
from service.organisation.queries import find_organisation
from service.staff.audit import list_entries, note
from service.staff.roles import Permission, may
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import open_books
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work

SUBJECT = "organisation"
_MOST_DAYS = 3660
_TEXTS = (
    *("legal_name", "tax_number", "postal_address", "sender_name", "sender_address", "reply_address"),
    *("signatory", "disclosure", "time_zone"),
)
_AMOUNTS = {
    "smallest_minor": "The smallest gift",
    "largest_minor": "The largest gift",
    "refund_limit_minor": "The limit for refunds",
    "fee_fixed_minor": "The fixed part of the fee",
}


@blueprint.get("/organisation")
@permission(Permission.FINANCE)
def show_organisation() -> ResponseReturnValue:
    """Show the organisation's facts as a form, and whether giving is paused."""
    with unit_of_work() as work:
        organisation = find_organisation(work)
        return _show(work, Typed(_write(facts_of(organisation)) if organisation else _write(_BLANK)))


@blueprint.post("/organisation")
@permission(Permission.FINANCE)
@gives_back
def accept_organisation() -> ResponseReturnValue:
    """Save the facts, or show the form with all that was typed and what will not do."""
    typed, account = Typed(request.form.to_dict()), current_account()
    try:
        facts = _read(typed)
        typed.refuse_unreadable()
        with unit_of_work() as work:
            editor = Editor(account.name, may_raise_limit=may(account.role, Permission.SEND))
            changed = set_organisation(work, facts, editor)
            if changed:
                note(work, account.id, "Changed the organization", SUBJECT, facts=changed)
    except (BadInput, Conflict) as problem:
        with unit_of_work() as work:
            return _show(work, typed, problem), problem.status
    say("Saved. Receipts that were issued keep what they say." if changed else "Nothing was different.")
    return redirect(url_for("desk.show_organisation"))


@blueprint.post("/organisation/pause")
@permission(Permission.FINANCE)
@gives_back
def accept_giving_pause() -> ResponseReturnValue:
    """Take no more gifts on the public form. Safe to repeat."""
    reason = request.form.get("pause_reason", "")
    with unit_of_work() as work:
        pause_giving(work, reason)
        note(work, current_account().id, "Paused giving", SUBJECT, reason=reason)
    say("Giving is paused. Recurring gifts go on; they are charged by the processor.", "warn")
    return redirect(url_for("desk.show_organisation"))


@blueprint.post("/organisation/resume")
@permission(Permission.FINANCE)
def accept_giving_resumed() -> ResponseReturnValue:
    """Take gifts again. Safe to repeat."""
    with unit_of_work() as work:
        resume_giving(work)
        note(work, current_account().id, "Resumed giving", SUBJECT)
    say("The form takes gifts again.")
    return redirect(url_for("desk.show_organisation"))


_BLANK = Facts(legal_name="", tax_number="", postal_address="", sender_name="", sender_address="", reply_address="")


def _write(facts: Facts) -> dict[str, str]:
    """Return the facts as they are typed into the form's fields."""
    code = facts.currency
    return {
        **{name: getattr(facts, name) for name in _TEXTS},
        **{name: write_plain(getattr(facts, name), code) for name in _AMOUNTS},
        "currency": code,
        "suggested": ", ".join(write_plain(minor, code) for minor in facts.suggested_minor),
        "fee_basis_points": str(facts.fee_basis_points),
        "thanks_days": str(facts.thanks_days),
    }


def _read(typed: Typed) -> Facts:
    code = typed.text("currency")
    if code not in CURRENCIES:
        raise BadInput("Please choose a currency of the list.")
    amounts = {name: typed.money(name, label, code) for name, label in _AMOUNTS.items()}
    return Facts(
        legal_name=typed.text("legal_name"),
        tax_number=typed.text("tax_number"),
        postal_address=typed.text("postal_address"),
        sender_name=typed.text("sender_name"),
        sender_address=typed.text("sender_address"),
        reply_address=typed.text("reply_address"),
        signatory=typed.text("signatory"),
        disclosure=typed.text("disclosure"),
        time_zone=typed.text("time_zone").strip(),
        currency=code,
        suggested_minor=_read_suggested(typed, code),
        smallest_minor=amounts["smallest_minor"],
        largest_minor=amounts["largest_minor"],
        refund_limit_minor=amounts["refund_limit_minor"],
        fee_fixed_minor=amounts["fee_fixed_minor"],
        fee_basis_points=typed.whole("fee_basis_points", "The fee’s share", BASIS - 1),
        thanks_days=typed.whole("thanks_days", "The days of thanks", _MOST_DAYS),
    )


def _read_suggested(typed: Typed, code: str) -> tuple[int, ...]:
    parts = [part for part in re.split(r"[;\s]+|,(?=\s|$)", typed.text("suggested")) if part]
    amounts = [Typed({"suggested": part}) for part in parts]
    read = tuple(one.money("suggested", "The amount", code) for one in amounts)
    for one in amounts:
        typed.errors.update(one.errors)
    return read


def _show(work: Session, typed: Typed, problem: BadInput | Conflict | None = None) -> str:
    organisation = find_organisation(work)
    return render_template(
        "web/desk/organisation.html",
        books=open_books(work),
        organisation=organisation,
        typed=typed,
        problem=problem,
        currencies=[(code, code.upper()) for code in sorted(CURRENCIES)],
        entries=list_entries(work, SUBJECT),
    )
