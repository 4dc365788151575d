"""Donors on the desk: the list, one of them, putting a name right, and mailing a paper again. ``donations`` decides."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from service.donations.donor_editing import change_donor, resend_receipt, resend_statement
from service.donations.history import list_recurring_of_donor
from service.donations.queries import PAGE, GiftFilter, get_donor, list_donors, list_gifts, sum_gifts
from service.errors import BadInput
from service.receipts.queries import list_receipts_of_donor, list_statements_of_donor
from service.staff.audit import list_entries, note
from service.staff.roles import Permission
from service.web.desk.access import blueprint, current_account, gives_back, permission, say
from service.web.desk.books import open_books
from service.web.desk.fields import Typed, read_page
from service.web.language import GIVERS_LANGUAGES
from service.web.transaction import unit_of_work

LONGEST_SEARCH = 200


@blueprint.get("/donors")
@permission(Permission.FINANCE)
def show_donors() -> ResponseReturnValue:
    """List donors, whoever gave last on top."""
    search = request.args.get("search", "").replace("\x00", "").strip()[:LONGEST_SEARCH]
    number = read_page(request.args.get("page"))
    with unit_of_work() as work:
        books = open_books(work)
        donors = list_donors(work, search, books.currency, number)
        has_next = len(donors) == PAGE and bool(list_donors(work, search, books.currency, number + 1))
        return render_template(
            "web/desk/donors.html", books=books, donors=donors, search=search, number=number, has_next=has_next
        )


@blueprint.get("/donors/<row:donor_id>")
@permission(Permission.FINANCE)
def show_donor(donor_id: int) -> ResponseReturnValue:
    """Show one donor: gifts, recurring gifts, receipts and statements."""
    with unit_of_work() as work:
        donor = get_donor(work, donor_id)
        return _show_donor(work, donor_id, Typed({"donor_name": donor.name, "language": donor.language}))


@blueprint.post("/donors/<row:donor_id>")
@permission(Permission.FINANCE)
@gives_back
def accept_donor(donor_id: int) -> ResponseReturnValue:
    """Put a donor's name or language right; valid receipts follow in a new version."""
    typed = Typed(request.form.to_dict())
    language = typed.text("language")
    try:
        with unit_of_work() as work:
            change_donor(work, donor_id, typed.text("donor_name"), language if language in GIVERS_LANGUAGES else "en")
            note(work, current_account().id, "Changed the donor", f"donor:{donor_id}", title=typed.text("donor_name"))
    except BadInput as problem:
        typed.errors["donor_name"] = problem.message
        with unit_of_work() as work:
            return _show_donor(work, donor_id, typed), problem.status
    say("Saved. Receipts that say something else are replaced by a new version.")
    return redirect(url_for("desk.show_donor", donor_id=donor_id))


@blueprint.post("/receipts/<row:receipt_id>/resend")
@permission(Permission.FINANCE)
def accept_resent_receipt(receipt_id: int) -> ResponseReturnValue:
    """Mail a receipt once more."""
    with unit_of_work() as work:
        receipt = resend_receipt(work, receipt_id)
        note(work, current_account().id, f"Mailed receipt {receipt.number} again", f"donor:{receipt.donor_id}")
        donor_id = receipt.donor_id
    say("The receipt is on its way once more.")
    return redirect(url_for("desk.show_donor", donor_id=donor_id))


@blueprint.post("/statements/<row:statement_id>/resend")
@permission(Permission.FINANCE)
def accept_resent_statement(statement_id: int) -> ResponseReturnValue:
    """Mail a statement once more."""
    with unit_of_work() as work:
        statement = resend_statement(work, statement_id)
        words = f"Mailed the statement of {statement.year} again"
        note(work, current_account().id, words, f"donor:{statement.donor_id}")
        donor_id = statement.donor_id
    say("The statement is on its way once more.")
    return redirect(url_for("desk.show_donor", donor_id=donor_id))


def _show_donor(work: Session, donor_id: int, typed: Typed) -> str:
    wanted = GiftFilter(donor_id=donor_id)
    return render_template(
        "web/desk/donor.html",
        books=open_books(work),
        donor=get_donor(work, donor_id),
        typed=typed,
        languages=list(GIVERS_LANGUAGES.items()),
        gifts=list_gifts(work, wanted),
        sums=sum_gifts(work, wanted),
        arrangements=list_recurring_of_donor(work, donor_id),
        receipts=list_receipts_of_donor(work, donor_id),
        statements=list_statements_of_donor(work, donor_id),
        entries=list_entries(work, f"donor:{donor_id}"),
    )
