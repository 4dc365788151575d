"""What a donor's statement of one year says, from the receipts that stand. Owns which receipts count, and what is new.

Held and void receipts are out. Never writes a row: ``statements`` does.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.organisation.models import Organisation
from service.receipts.content import hash_content
from service.receipts.models import Receipt, ReceiptState, Statement, StatementState
from service.receipts.statement_lines import write_lines
from service.receipts.wording import NOTHING_ELSE_IN_RETURN, NOTHING_IN_RETURN_ALL, TEMPLATE_VERSION

Content = dict[str, Any]


def list_counting_receipts(session: Session, year: int) -> dict[int, list[Receipt]]:
    """Return the receipts that stand for a year, oldest gift first, under the id of each donor."""
    order = (Receipt.donor_id, Receipt.given_on, Receipt.number)
    standing = select(Receipt).where(Receipt.year == year, Receipt.state == ReceiptState.ISSUED).order_by(*order)
    by_donor: dict[int, list[Receipt]] = {}
    for receipt in session.scalars(standing):
        by_donor.setdefault(receipt.donor_id, []).append(receipt)
    return by_donor


def write_statement(organisation: Organisation, person: Receipt | Statement, receipts: Iterable[Receipt]) -> Content:
    """Return the columns of a statement, all but its year, version and state.

    ``person`` says who it is for: the newest receipt, or the earlier statement when no receipt stands any more.
    """
    lines = write_lines(receipts)
    content: Content = {
        "donor_id": person.donor_id,
        "legal_name": organisation.legal_name,
        "tax_number": organisation.tax_number,
        "postal_address": organisation.postal_address,
        "signatory": organisation.signatory,
        "disclosure": organisation.disclosure,
        "donor_name": person.donor_name,
        "donor_address": person.donor_address,
        "language": person.language,
        "currency": person.currency,
        "lines": lines,
        "amount_minor": sum(line["amount_minor"] for line in lines),
        "deductible_minor": sum(line["deductible_minor"] for line in lines),
        "statement": _say_what_was_given_in_return(lines),
        "template_version": TEMPLATE_VERSION,
    }
    return content | {"content_hash": hash_content(content)}


def says_the_same(earlier: Statement, content: Content) -> bool:
    """Return whether a statement need not be made anew.

    Once sent, only the donor's name and the gifts count: a new office address must not send everybody a second one.
    """
    if earlier.state is StatementState.SENT:
        return (earlier.donor_name, earlier.lines) == (content["donor_name"], content["lines"])
    return bool(earlier.content_hash == content["content_hash"])


def _say_what_was_given_in_return(lines: list[dict[str, Any]]) -> str:
    return NOTHING_ELSE_IN_RETURN if any(line["statement"] for line in lines) else NOTHING_IN_RETURN_ALL
