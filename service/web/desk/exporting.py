"""What the accountant takes along, as a download. Owns the page and the answer; ``donations.export`` writes the rows.

A download is asked for with POST: it leaves an entry in the trail, and looking leaves nothing.
"""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from service.donations.export import Table, check_period, export_table
from service.errors import BadInput
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission
from service.web.desk.books import Books, open_books
from service.web.desk.downloads import send_table
from service.web.desk.fields import Typed
from service.web.transaction import unit_of_work


@blueprint.get("/export")
@permission(Permission.FINANCE)
def show_export() -> ResponseReturnValue:
    """Show the form: which table, and which days."""
    with unit_of_work() as work:
        books = open_books(work)
        year_begins = books.today.replace(month=1, day=1)
        typed = Typed({"first": year_begins.isoformat(), "last": books.today.isoformat(), "table": "ledger"})
        return _show_form(books, typed)


@blueprint.post("/export")
@permission(Permission.FINANCE)
def accept_export() -> ResponseReturnValue:
    """Answer with the table, a row at a time, and note who took it."""
    typed = Typed(request.form.to_dict())
    first, last = typed.day("first", "The first day"), typed.day("last", "The last day")
    table = typed.word("table", Table, "What to take")
    try:
        typed.refuse_unreadable()
        check_period(first, last)
    except BadInput as problem:
        with unit_of_work() as work:
            return _show_form(open_books(work), typed, problem), problem.status
    with unit_of_work() as work:
        books, period = open_books(work), f"{first} to {last}"
        note(work, current_account().id, f"Took the {table} along", f"export:{table}", period=period)
    name = f"{table}-{first}-{last}.csv"
    return send_table(lambda session: export_table(session, table, first, last, books.zone), name)


def _show_form(books: Books, typed: Typed, problem: BadInput | None = None) -> str:
    return render_template("web/desk/export.html", books=books, typed=typed, problem=problem)
