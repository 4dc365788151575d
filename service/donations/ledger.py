"""The books: which lines a payment deserves, and adding those that are missing. Never changes a line.

Every line has a key made of the processor's own id, so writing it twice is once. Lines follow from facts alone, never
from the order in which they became known. A dispute's money is read from its balance lines, not from its status: an
inquiry moves none.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.donations.gateway import DisputeFacts, PaymentFacts, RefundFacts
from service.donations.models import LedgerEntry
from service.donations.states import LedgerKind, PaymentStatus, RefundState


@dataclass(frozen=True)
class Line:
    """One line to be: signed minor units."""

    key: str
    kind: LedgerKind
    amount_minor: int
    source_id: str | None
    occurred_at: datetime


def list_lines(payment: PaymentFacts) -> list[Line]:
    """Return every line that these facts deserve; none before the money is paid.

    Money that arrived and was then failed by its bank stands in the books both ways.
    """
    was_paid = payment.status is PaymentStatus.PAID or payment.reversals
    if not was_paid or payment.charge_id is None:
        return []
    lines = [*_gift_lines(payment, payment.charge_id)]
    for refund in payment.refunds:
        lines += _refund_lines(refund)
    for dispute in payment.disputes:
        lines += _dispute_lines(dispute)
    for back in payment.reversals:
        key = f"reversed:{back.transaction_id}"
        lines.append(Line(key, LedgerKind.REVERSED, back.net_minor, payment.charge_id, back.created_at))
    return lines


def write_lines(session: Session, donation_id: int, currency: str, lines: list[Line]) -> int:
    """Add the lines that are not in the books yet. Returns how many were. Safe to repeat: the key is unique."""
    if not lines:
        return 0
    rows = [
        {
            "key": line.key,
            "donation_id": donation_id,
            "kind": line.kind,
            "amount_minor": line.amount_minor,
            "currency": currency,
            "source_id": line.source_id,
            "occurred_at": line.occurred_at,
        }
        for line in lines
    ]
    added = insert(LedgerEntry).values(rows).on_conflict_do_nothing(index_elements=[LedgerEntry.key])
    return len(session.scalars(added.returning(LedgerEntry.id)).all())


def _gift_lines(payment: PaymentFacts, charge_id: str) -> Iterator[Line]:
    paid_at = payment.paid_at or payment.created_at
    cover = payment.fee_cover_minor
    yield Line(f"charge:{charge_id}", LedgerKind.GIFT, payment.amount_minor - cover, charge_id, paid_at)
    if cover:
        yield Line(f"cover:{charge_id}", LedgerKind.FEE_COVER, cover, charge_id, paid_at)
    fee = payment.transaction
    if fee is not None and fee.fee_minor:
        yield Line(f"fee:{fee.transaction_id}", LedgerKind.FEE, -fee.fee_minor, charge_id, fee.created_at)


def _refund_lines(refund: RefundFacts) -> Iterator[Line]:
    """A failed refund went out and came back: both lines, whenever it was first seen."""
    key, made_at = refund.refund_id, refund.created_at
    yield Line(f"refund:{key}", LedgerKind.REFUND, -refund.amount_minor, key, made_at)
    if refund.state is RefundState.FAILED:
        yield Line(f"refund_failed:{key}", LedgerKind.REFUND_FAILED, refund.amount_minor, key, made_at)


def _dispute_lines(dispute: DisputeFacts) -> Iterator[Line]:
    for moved in dispute.transactions:
        kind = LedgerKind.DISPUTE if moved.amount_minor < 0 else LedgerKind.DISPUTE_REINSTATED
        yield Line(f"dispute:{moved.transaction_id}", kind, moved.amount_minor, dispute.dispute_id, moved.created_at)
        if moved.fee_minor:
            yield Line(
                f"dispute_fee:{moved.transaction_id}",
                LedgerKind.DISPUTE_FEE,
                -moved.fee_minor,
                dispute.dispute_id,
                moved.created_at,
            )
