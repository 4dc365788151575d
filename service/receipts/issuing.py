"""Makes the receipts of one gift be what its facts deserve. Owns numbers, versions and states; never the page.

A receipt is computed anew from the facts as they are now, never stepped from event to event: facts may be seen twice,
late, or in any order. One gift keeps one number; a changed fact is a new version of it.
"""

from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once
from service.organisation.queries import get_organisation
from service.receipts.content import Content, deserves_receipt, write_content
from service.receipts.facts import GiftFacts, Standing
from service.receipts.models import Receipt, ReceiptState
from service.receipts.numbering import next_number
from service.receipts.reasons import Reason

VALID: Final = frozenset({ReceiptState.ISSUED, ReceiptState.HELD})  # at most one version of a gift's receipt is


def bring_up_to_date(session: Session, facts: GiftFacts) -> None:
    """Issue, replace, hold or void the receipt of one gift, and post the letter that goes with it.

    Safe to repeat and to run in many workers at once: a lock on the gift, held until the caller's transaction ends,
    lets one look and write at a time; what already is as it should be is left alone.

    Raises:
        BadInput: when a good gift has no moment of payment.
        NotFound: when staff have not said yet who the organisation is.
    """
    lock_receipts(session, facts.donation_id)
    newest = _find_newest(session, facts.donation_id)
    if facts.standing is Standing.GOOD and deserves_receipt(facts):
        _acknowledge(session, newest, facts)
    elif facts.standing is Standing.DISPUTED:
        _hold(newest)
    else:
        _void(session, newest, facts)
    session.flush()


def lock_receipts(session: Session, donation_id: int) -> None:
    """Let nobody else look at or write the receipts of a gift until the transaction ends. Safe to repeat."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"receipt:{donation_id}", 0))))


def _find_newest(session: Session, donation_id: int) -> Receipt | None:
    """Read past what this session remembers: another worker may have written before we got the lock."""
    versions = select(Receipt).where(Receipt.donation_id == donation_id).order_by(Receipt.version.desc()).limit(1)
    return session.scalar(versions, execution_options={"populate_existing": True})


def _acknowledge(session: Session, newest: Receipt | None, facts: GiftFacts) -> None:
    content = write_content(facts, get_organisation(session))
    if newest is None or newest.state is ReceiptState.VOIDED:
        newest = _issue(session, newest, facts, content)
    elif newest.content_hash != content["content_hash"]:
        _move(newest, ReceiptState.SUPERSEDED, Reason.REPLACED)
        session.flush()  # the index of valid receipts must see the old one gone before it sees the new one
        newest = _issue(session, newest, facts, content)
    else:
        _move(newest, ReceiptState.ISSUED, Reason.NONE)
    post_letter_once(session, f"receipt:{newest.id}", LetterKind.RECEIPT, facts.address, {"receipt": newest.id})


def _issue(session: Session, earlier: Receipt | None, facts: GiftFacts, content: Content) -> Receipt:
    number = earlier.number if earlier else next_number(session, content["year"])
    version = earlier.version + 1 if earlier else 1
    receipt = Receipt(number=number, version=version, donation_id=facts.donation_id, **content)
    session.add(receipt)
    session.flush()
    return receipt


def _hold(newest: Receipt | None) -> None:
    if newest is not None and newest.state in VALID:
        _move(newest, ReceiptState.HELD, Reason.DISPUTED)


def _void(session: Session, newest: Receipt | None, facts: GiftFacts) -> None:
    if newest is None:
        return
    if newest.state in VALID:
        _move(newest, ReceiptState.VOIDED, _why_void(facts))
    key = f"receipt-voided:{newest.id}"
    post_letter_once(session, key, LetterKind.RECEIPT_VOIDED, facts.address, {"receipt": newest.id})


def _why_void(facts: GiftFacts) -> Reason:
    if facts.standing is Standing.UNPAID:
        return Reason.UNPAID
    return Reason.CHARGED_BACK if deserves_receipt(facts) else Reason.PAID_BACK


def _move(receipt: Receipt, state: ReceiptState, reason: Reason) -> None:
    if receipt.state is not state:
        receipt.state, receipt.state_reason, receipt.state_changed_at = state, reason, func.now()
