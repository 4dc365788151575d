"""What staff may put right about a donor: name and language, and mailing a paper again.

Owns that receipts follow a new name; never the address, by which a donor is known.
"""

from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.donations.giftfacts import update_receipt
from service.donations.models import Attempt, Donation, Donor
from service.errors import BadInput, NotFound
from service.mail.models import LetterKind
from service.mail.outbox import post_letter
from service.receipts.models import Receipt, ReceiptState, Statement, StatementState

LONGEST_NAME: Final = 200


def change_donor(session: Session, donor_id: int, name: str, language: str) -> int:
    """Set a donor's name and the language of their letters. Returns how many gifts had their receipt looked at.

    A new name makes a new version of every valid receipt that says the former one, and the donor gets each. A gift that
    was made in another name keeps it: two people may share an address. Safe to repeat.

    Raises:
        NotFound: when there is no such donor.
        BadInput: when the name is empty or too long.
    """
    donor, gifts = _lock_donor(session, donor_id)
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME:
        raise BadInput(f"A name has between 1 and {LONGEST_NAME} characters.")
    is_same = (donor.name, donor.language) == (tidy, language)
    if is_same:
        return 0
    for gift in gifts:
        if gift.giver_name in {"", donor.name}:
            gift.giver_name = tidy
    # Renewals take the name from the form that began them.
    forms = update(Attempt).where(Attempt.address_key == donor.address_key, Attempt.donor_name == donor.name)
    session.execute(forms.values(donor_name=tidy))
    donor.name, donor.language = tidy, language
    session.flush()
    for gift in gifts:
        update_receipt(session, gift)
    return len(gifts)


def resend_receipt(session: Session, receipt_id: int) -> Receipt:
    """Mail a receipt once more, to the donor's own address and to no other.

    Raises:
        NotFound: when there is no such receipt.
        BadInput: when it is not valid any more.
    """
    receipt = session.get(Receipt, receipt_id)
    if receipt is None:
        raise NotFound("There is no such receipt.")
    if receipt.state is not ReceiptState.ISSUED:
        raise BadInput("Only a valid receipt is mailed again.")
    recipient = session.get_one(Donor, receipt.donor_id).mailed_address
    post_letter(session, LetterKind.RECEIPT, recipient, {"receipt": receipt.id})
    return receipt


def resend_statement(session: Session, statement_id: int) -> Statement:
    """Mail a statement once more, to the donor's own address and to no other.

    Raises:
        NotFound: when there is no such statement.
        BadInput: when it was never approved, or a newer version replaced it.
    """
    statement = session.get(Statement, statement_id)
    if statement is None:
        raise NotFound("There is no such statement.")
    if statement.state is not StatementState.SENT:
        raise BadInput("Only a statement that was sent is mailed again.")
    recipient = session.get_one(Donor, statement.donor_id).mailed_address
    post_letter(session, LetterKind.STATEMENT, recipient, {"statement": statement.id})
    return statement


def _lock_donor(session: Session, donor_id: int) -> tuple[Donor, list[Donation]]:
    """Lock the gifts, then the donor, in the order in which ``recording`` takes them."""
    of_donor = select(Donation).where(Donation.donor_id == donor_id).order_by(Donation.id)
    gifts = session.scalars(of_donor.with_for_update(key_share=True), execution_options={"populate_existing": True})
    locked = list(gifts)
    donor = session.get(Donor, donor_id, with_for_update={"key_share": True})
    if donor is None:
        raise NotFound("There is no such donor.")
    return donor, locked
