"""Statements of a year: prepared, looked at, approved by a person, sent. Owns the page; ``receipts`` decides."""

from collections import Counter

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from service.errors import Conflict
from service.receipts.models import StatementState
from service.receipts.queries import list_statements
from service.receipts.statements import (
    StatementRun,
    approve_statement,
    approve_year,
    find_newest,
    has_ended,
    prepare_statements,
    send_year,
)
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission, say
from service.web.desk.books import Books, open_books
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work

FIRST_YEAR, LAST_YEAR = 2000, 2999
_YEAR = f"int(min={FIRST_YEAR}, max={LAST_YEAR}):year"


@blueprint.get("/statements")
@permission(Permission.FINANCE)
def show_statements() -> ResponseReturnValue:
    """Show the statements of a year, and what can be done with them."""
    with unit_of_work() as work:
        books = open_books(work)
        year = _asked_year(books)
        statements = [one for one in list_statements(work, year) if one.state is not StatementState.SUPERSEDED]
        return render_template(
            "web/desk/statements.html",
            books=books,
            year=year,
            years=range(books.today.year, books.today.year - 5, -1),
            statements=statements,
            counts=Counter(one.state for one in statements),
            seen=find_newest(statements),
            has_ended=has_ended(year, books.zone),
        )


@blueprint.post(f"/statements/<{_YEAR}>/prepare")
@permission(Permission.FINANCE)
def accept_preparation(year: int) -> ResponseReturnValue:
    """Make the drafts of a year, or renew those that are no longer right. Safe to repeat."""
    with unit_of_work() as work:
        run = prepare_statements(work, year)
        note(work, current_account().id, f"Prepared the statements of {year}", f"statements:{year}", **vars(run))
    say(_tell(run))
    return _to_year(year)


@blueprint.post(f"/statements/<{_YEAR}>/approve")
@permission(Permission.FINANCE)
def accept_year(year: int) -> ResponseReturnValue:
    """Approve every draft of a year that the person has looked at."""
    seen = Typed(request.form.to_dict()).required_int("seen")
    account = current_account()
    try:
        with unit_of_work() as work:
            approved = approve_year(work, year, account.id, seen=seen)
            if approved:
                note(work, account.id, f"Approved {approved} statements of {year}", f"statements:{year}")
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say(f"Approved: {approved:,}. They can be sent now.")
    return _to_year(year)


@blueprint.post("/statements/<row:statement_id>/approve-one")
@permission(Permission.FINANCE)
def accept_statement(statement_id: int) -> ResponseReturnValue:
    """Approve one draft. Safe to repeat."""
    account = current_account()
    try:
        with unit_of_work() as work:
            statement = approve_statement(work, statement_id, account.id)
            year, words = statement.year, f"Approved the statement of {statement.donor_name or statement.donor_address}"
            note(work, account.id, words, f"statements:{year}", statement=statement_id)
    except Conflict as problem:
        say(problem.message, "warn")
        return redirect(url_for("desk.show_statements"))
    return _to_year(year)


@blueprint.post(f"/statements/<{_YEAR}>/send")
@permission(Permission.FINANCE)
def accept_sending(year: int) -> ResponseReturnValue:
    """Send every approved statement of a year that has ended. Safe to repeat: each version is posted once."""
    try:
        with unit_of_work() as work:
            sent = send_year(work, year)
            note(work, current_account().id, f"Sent {sent} statements of {year}", f"statements:{year}")
    except Conflict as problem:
        say(problem.message, "warn")
    else:
        say(f"On their way: {sent:,}. What changed since it was approved waits as a new draft.")
    return _to_year(year)


def _asked_year(books: Books) -> int:
    """Return the year that the address asks for; without one, last year until summer, when statements are made."""
    asked = request.args.get("year", 0, type=int)
    if FIRST_YEAR <= asked <= LAST_YEAR:
        return asked
    return books.today.year - 1 if books.today.month <= 6 else books.today.year


def _tell(run: StatementRun) -> str:
    said = [
        f"{count:,} {word}"
        for count, word in (
            (run.made, "made"),
            (run.changed, "made anew"),
            (run.unchanged, "as before"),
            (run.withdrawn, "withdrawn"),
            (run.other_currency, "in another currency, and so in none"),
        )
        if count
    ]
    return f"Statements: {', '.join(said)}." if said else "No gift of that year is to be stated."


def _to_year(year: int) -> Response:
    return redirect(url_for("desk.show_statements", year=year))
