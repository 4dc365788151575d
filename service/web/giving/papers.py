"""A donor's papers: receipts and statements as PDF, and all gifts as a table. Only ever one's own."""

from typing import Final

from flask import Response
from flask.typing import ResponseReturnValue

from service.donations.history import get_own_receipt, get_own_statement, list_gifts_of_donor, write_gifts
from service.organisation.queries import get_organisation
from service.receipts.pdf import draw_receipt, draw_statement
from service.web.giving.visit import blueprint, current_donor, for_donor
from service.web.transaction import unit_of_work

_ID: Final = "int(max=9223372036854775807)"  # ids are bigint


@blueprint.get(f"/receipts/<{_ID}:receipt_id>.pdf")
@for_donor
def show_receipt(receipt_id: int) -> ResponseReturnValue:
    """Answer with one receipt, void and superseded ones with that word across them."""
    with unit_of_work() as session:
        receipt = get_own_receipt(session, current_donor().id, receipt_id)
    return _answer(draw_receipt(receipt), "application/pdf", f"receipt-{receipt.number}.pdf")


@blueprint.get(f"/statements/<{_ID}:statement_id>.pdf")
@for_donor
def show_statement(statement_id: int) -> ResponseReturnValue:
    """Answer with the statement of one year."""
    with unit_of_work() as session:
        statement = get_own_statement(session, current_donor().id, statement_id)
    return _answer(draw_statement(statement), "application/pdf", f"statement-{statement.year}.pdf")


@blueprint.get("/gifts.csv")
@for_donor
def show_table() -> ResponseReturnValue:
    """Answer with every gift as a table for a spreadsheet."""
    donor = current_donor()
    with unit_of_work() as session:
        gifts = list_gifts_of_donor(session, get_organisation(session), donor.id)
    return _answer(write_gifts(gifts).encode(), "text/csv; charset=utf-8", "gifts.csv")


def _answer(body: bytes, content_type: str, filename: str) -> Response:
    disposition = f'attachment; filename="{filename}"'
    return Response(body, content_type=content_type, headers={"Content-Disposition": disposition})
