"""What the accountant takes along, as a download. Owns the page and the answer; ``donations.export`` writes the rows.

A download is asked for with POST: it leaves an entry in the trail, and looking leaves nothing.
"""

from collections.abc import Generator
from datetime import date
from itertools import chain, islice

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from service.db import transaction
from service.donations.export import Table, check_period, export_table
from service.errors import BadInput
from service.staff.audit import note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, permission
from service.web.desk.books import Books, open_books
from service.web.desk.fields import Typed
from service.web.services import get_services
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
    lines = _stream(table, first, last, books)
    heads_and_first = list(islice(lines, 2))  # asks the database now: what can fail fails before the answer begins
    response = Response(
        chain(heads_and_first, lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    response.call_on_close(lines.close)  # whoever breaks a download off must not leave its transaction open
    return response


def _stream(table: Table, first: date, last: date, books: Books) -> Generator[str, None, None]:
    with transaction(get_services().factory) as session:
        yield from export_table(session, table, first, last, books.zone)


def _show_form(books: Books, typed: Typed, problem: BadInput | None = None) -> str:
    return render_template("web/desk/export.html", books=books, typed=typed, problem=problem)
