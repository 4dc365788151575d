"""One gift's story in the order in which it happened: form, money, papers, letters, and what staff did. Reads only."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from service.donations.models import Attempt, Donation
from service.donations.refunds import Asked
from service.mail.models import Letter, LetterKind
from service.money import write_amount
from service.receipts.models import Receipt, ReceiptState
from service.staff.audit import list_entries
from service.web.desk.giftwording import DISPUTE_MARKS, REASON_WORDS, REFUND_MARKS
from service.web.desk.wording import LETTER_MARKS

_LETTER_WORDS = {
    LetterKind.RECEIPT: "The receipt was mailed",
    LetterKind.RECEIPT_VOIDED: "A letter says that the receipt is void",
    LetterKind.GIFT_PENDING: "A letter says that the money is on its way",
    LetterKind.GIFT_FAILED: "A letter says that the payment failed",
}


@dataclass(frozen=True)
class Step:
    """One thing that happened. ``more`` is said more quietly below it."""

    at: datetime
    words: str
    more: str = ""


def tell_story(work: Session, gift: Donation, receipts: list[Receipt], requests: list[Asked]) -> list[Step]:
    """Return every step of a gift, the newest first."""
    steps = [
        *_beginning(work, gift),
        *_refunds(gift, requests),
        *_disputes(gift),
        *_papers(receipts),
        *_letters(work, gift, receipts),
        *(Step(entry.happened_at, _by(entry.action, name)) for entry, name in list_entries(work, f"gift:{gift.id}")),
    ]
    return sorted(steps, key=lambda step: step.at, reverse=True)


def _beginning(work: Session, gift: Donation) -> Iterator[Step]:
    attempt = work.get(Attempt, gift.attempt_id) if gift.attempt_id else None
    if attempt is not None:
        yield Step(attempt.created_at, "The form was sent")
    if gift.paid_at is not None:
        amount = write_amount(gift.amount_minor, gift.currency)
        yield Step(gift.paid_at, f"{amount} came in", gift.method)
    else:
        yield Step(gift.created_at, "The payment was begun", gift.method)


def _refunds(gift: Donation, requests: list[Asked]) -> Iterator[Step]:
    for asked in requests:
        amount = write_amount(asked.request.amount_minor, gift.currency)
        yield Step(asked.request.requested_at, f"{asked.by} asked to pay back {amount}", asked.request.reason)
    for refund in gift.refunds:
        words = f"Refund of {write_amount(refund.amount_minor, gift.currency)}"
        yield Step(refund.created_at, words, REFUND_MARKS[refund.state].word)


def _disputes(gift: Donation) -> Iterator[Step]:
    for dispute in gift.disputes:
        words = f"The giver’s bank disputes {write_amount(dispute.amount_minor, gift.currency)}"
        why = dispute.reason.replace("_", " ").capitalize()
        yield Step(dispute.created_at, words, f"{why}. {DISPUTE_MARKS[dispute.state].word}")


def _papers(receipts: list[Receipt]) -> Iterator[Step]:
    for receipt in receipts:
        name = f"Receipt {receipt.number}"
        yield Step(receipt.issued_at, f"{name} was issued" if receipt.version == 1 else f"{name} was issued anew")
        if receipt.state is ReceiptState.VOIDED:
            yield Step(receipt.state_changed_at, f"{name} became void", _reason(receipt))
        elif receipt.state is ReceiptState.HELD:
            yield Step(receipt.state_changed_at, f"{name} is held", _reason(receipt))


def _letters(work: Session, gift: Donation, receipts: list[Receipt]) -> Iterator[Step]:
    about_gift = Letter.about["donation"].as_integer() == gift.id
    about_receipt = Letter.about["receipt"].as_integer().in_([receipt.id for receipt in receipts])
    letters = select(Letter).where(Letter.kind.in_(_LETTER_WORDS), or_(about_gift, about_receipt))
    for letter in work.scalars(letters):
        state = LETTER_MARKS[letter.state].word
        yield Step(letter.sent_at or letter.created_at, _LETTER_WORDS[letter.kind], f"To {letter.recipient}. {state}")


def _reason(receipt: Receipt) -> str:
    words = {reason.value: said for reason, said in REASON_WORDS.items()}
    return words.get(receipt.state_reason, "")


def _by(action: str, name: str | None) -> str:
    return f"{name or 'Postrider'} {action[:1].lower()}{action[1:]}"
