"""Papers that did not arrive: an alarm for staff, for a donor without a receipt can’t know that there is one.

Owns its sentence, which never says an address: alarms are mailed and logged.
"""

from typing import Final

from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.mail.models import Letter, LetterKind
from service.receipts.models import Receipt, Statement

_WHAT_TO_DO: Final = (
    "Please reach the giver another way; the paper is on the donor’s page as a PDF, to print or to hand on."
)


def tell_of_undelivered(session: Session, letter: Letter) -> None:
    """Raise an alarm when a letter that failed for good was to bring a paper. Safe to repeat."""
    paper = _name_paper(session, letter)
    if paper:
        raise_alarm(session, f"letter:{letter.id}", f"{paper} could not be delivered. {_WHAT_TO_DO}")


def _name_paper(session: Session, letter: Letter) -> str:
    """Return what the letter was to bring, with the gift or donor that it is about; '' for any other letter."""
    if letter.kind is LetterKind.STATEMENT:
        statement = session.get(Statement, letter.about["statement"])
        whose = f"{statement.year} for donor {statement.donor_id}" if statement else "a year"
        return f"The statement of {whose}"
    if letter.kind not in {LetterKind.RECEIPT, LetterKind.RECEIPT_VOIDED}:
        return ""
    receipt = session.get(Receipt, letter.about["receipt"])
    number = (
        f"receipt {receipt.number} (gift {receipt.donation_id}, donor {receipt.donor_id})" if receipt else "a receipt"
    )
    return f"The letter with {number}" if letter.kind is LetterKind.RECEIPT else f"The letter that {number} is void"
