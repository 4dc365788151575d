"""Receipts and statements as PDF, for staff. Owns the answers; ``receipts`` draws, outside any transaction: it may
take seconds."""

from flask import Response
from flask.typing import ResponseReturnValue

from service.receipts.pdf import draw_receipt, draw_statement
from service.receipts.queries import get_receipt, get_statement
from service.staff.roles import Permission
from service.web.desk.access import blueprint, permission
from service.web.transaction import unit_of_work


@blueprint.get("/receipts/<row:receipt_id>.pdf")
@permission(Permission.FINANCE)
def show_receipt(receipt_id: int) -> ResponseReturnValue:
    """Show one version of a receipt as it was or would be mailed."""
    with unit_of_work() as work:
        receipt = get_receipt(work, receipt_id)
    return _answer(draw_receipt(receipt), f"receipt-{receipt.number}-v{receipt.version}.pdf")


@blueprint.get("/statements/<row:statement_id>.pdf")
@permission(Permission.FINANCE)
def show_statement(statement_id: int) -> ResponseReturnValue:
    """Show one version of a donor's statement of a year."""
    with unit_of_work() as work:
        statement = get_statement(work, statement_id)
    name = f"statement-{statement.year}-{statement.donor_id}-v{statement.version}.pdf"
    return _answer(draw_statement(statement), name)


def _answer(pdf: bytes, name: str) -> Response:
    return Response(pdf, content_type="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})
