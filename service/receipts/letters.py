"""What the letters with a receipt or a statement say, and the files that go with them. All of it is from the row.

Owns no wording: the legal sentences are the row's, those around them are templates. Never sends, never looks at a gift.
"""

from typing import Final

from sqlalchemy.orm import Session

from service.errors import NotFound
from service.mail.models import Letter
from service.money import write_amount
from service.receipts.models import Receipt, Statement
from service.receipts.pdf import draw_receipt, draw_statement
from service.receipts.wording import say_who_is_exempt
from service.rendering.attachments import Attachment
from service.rendering.words import words_for

_PDF: Final = "application/pdf"


def describe_receipt_letter(
    session: Session, letter: Letter, public_url: str
) -> tuple[dict[str, str], tuple[Attachment, ...]]:
    """Return the values of a letter that brings a receipt, and the receipt as a file.

    Raises:
        NotFound: when there is no such receipt.
    """
    receipt = _get_receipt(session, letter)
    values = {
        **_receipt_values(receipt),
        "fund": receipt.fund_name,
        "method": receipt.method,
        "paid": write_amount(receipt.paid_minor, receipt.currency),
        "refunded": _write_unless_zero(receipt.refunded_minor, receipt.currency),
        "fee_cover": _write_unless_zero(receipt.fee_cover_minor, receipt.currency),
        **_return_values(receipt),
        "tribute": receipt.tribute,
        "statement": receipt.statement,
        "exemption": say_who_is_exempt(receipt.legal_name, receipt.tax_number),
        "disclosure": receipt.disclosure,
        "replaces": "yes" if receipt.version > 1 else "",
        "recurs": "yes" if receipt.is_renewal else "",
        "standing": receipt.state.value,
        "button_url": f"{public_url}/giving" if receipt.is_renewal else "",
    }
    return values, (Attachment(f"receipt-{receipt.number}.pdf", _PDF, draw_receipt(receipt)),)


def describe_void_letter(session: Session, letter: Letter) -> dict[str, str]:
    """Return the values of a letter that says why a receipt is void.

    Raises:
        NotFound: when there is no such receipt.
    """
    receipt = _get_receipt(session, letter)
    return {**_receipt_values(receipt), "reason": receipt.state_reason, "button_url": ""}


def describe_statement_letter(session: Session, letter: Letter) -> tuple[dict[str, str], tuple[Attachment, ...]]:
    """Return the values of a letter that brings a year's statement, and the statement as a file.

    Raises:
        NotFound: when there is no such statement.
    """
    statement = session.get(Statement, letter.about["statement"])
    if statement is None:
        raise NotFound("There is no such statement.")
    values = {
        **_issuer_values(statement),
        "year": str(statement.year),
        "gifts": str(len(statement.lines)),
        "amount": write_amount(statement.amount_minor, statement.currency),
        "deductible": write_amount(statement.deductible_minor, statement.currency),
        "exemption": say_who_is_exempt(statement.legal_name, statement.tax_number),
        "disclosure": statement.disclosure,
        "replaces": "yes" if statement.version > 1 else "",
        "button_url": "",
    }
    return values, (Attachment(f"statement-{statement.year}.pdf", _PDF, draw_statement(statement)),)


def _get_receipt(session: Session, letter: Letter) -> Receipt:
    receipt = session.get(Receipt, letter.about["receipt"])
    if receipt is None:
        raise NotFound("There is no such receipt.")
    return receipt


def _issuer_values(paper: Receipt | Statement) -> dict[str, str]:
    return {
        "language": paper.language,
        "legal_name": paper.legal_name,
        "tax_number": paper.tax_number,
        "postal_address": paper.postal_address,
        "donor_name": paper.donor_name,
    }


def _receipt_values(receipt: Receipt) -> dict[str, str]:
    return {
        **_issuer_values(receipt),
        "number": receipt.number,
        "amount": write_amount(receipt.amount_minor, receipt.currency),
        "given_on": words_for(receipt.language).format_date(receipt.given_on),
    }


def _return_values(receipt: Receipt) -> dict[str, str]:
    """What the giver got in return; empty when nothing, because then the whole gift counts."""
    if not receipt.fair_market_value_minor:
        return {"benefit": receipt.benefit, "fair_value": "", "deductible": ""}
    return {
        "benefit": receipt.benefit,
        "fair_value": write_amount(receipt.fair_market_value_minor, receipt.currency),
        "deductible": write_amount(receipt.deductible_minor, receipt.currency),
    }


def _write_unless_zero(minor: int, currency: str) -> str:
    return write_amount(minor, currency) if minor else ""
