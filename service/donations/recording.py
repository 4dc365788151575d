"""Writing down what the processor says of one payment: mirror, ledger, receipt, letters. Owns when money counts.

Everything here runs in one transaction, takes facts that were read under the payment's lock, and may run again with
the same facts or newer ones: the same facts always leave the same rows. Rows that payments share are taken in one
order, the arrangement before the donor, and never more firmly than a foreign key needs, so that nothing can deadlock.
"""

from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.donations.gateway import DisputeFacts, PaymentFacts, RefundFacts
from service.donations.giftfacts import update_receipt
from service.donations.givers import ensure_donor
from service.donations.ledger import list_lines, write_lines
from service.donations.models import Attempt, Dispute, Donation, Fund, RecurringDonation, Refund, RefundRequest
from service.donations.states import (
    DisputeState,
    DonationState,
    Frequency,
    PaymentStatus,
    RefundState,
    derive_donation_state,
)
from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once
from service.money import write_amount

_NEWS: Final = {
    DisputeState.INQUIRY: "asks about",
    DisputeState.OPEN: "disputes",
    DisputeState.LOST: "has taken back",
}
NAMES_NO_FUND: Final = "It did not come by our form and names no fund, so it has no receipt until somebody names one."
_SEEN: Final = frozenset({PaymentStatus.PAID, PaymentStatus.PROCESSING})


def record_payment(session: Session, facts: PaymentFacts) -> Donation | None:
    """Make mirror, ledger, receipt and letters say what ``facts`` say; None while nothing was paid.

    Safe to repeat: rows are unique by the processor's ids, ledger lines and letters by their keys.
    """
    donation = _find_or_add(session, facts)
    if donation is None:
        return None
    was = donation.state
    _mirror(session, donation, facts)
    _mirror_refunds(session, donation, facts)
    _mirror_disputes(session, donation, facts)
    write_lines(session, donation.id, facts.currency, list_lines(facts))
    session.flush()
    session.refresh(donation, ["donor", "fund"])
    update_receipt(session, donation)
    _post_letters(session, donation, was)
    return donation


def is_ours(facts: PaymentFacts) -> bool:
    """Whether a payment carries the labels of our own form; the account may be used for more than gifts."""
    return facts.attempt is not None or facts.fund is not None


def find_attempt(session: Session, public_id: str | None) -> Attempt | None:
    """Return the form that the processor was told of, or None."""
    return session.scalar(select(Attempt).where(Attempt.public_id == public_id)) if public_id else None


def find_fund_id(session: Session, attempt: Attempt | None, slug: str | None) -> int | None:
    """Return the fund of a gift: the form's, else the one that the processor was told."""
    return attempt.fund_id if attempt else session.scalar(select(Fund.id).where(Fund.slug == slug))


def ensure_recurring(session: Session, subscription_id: str | None) -> RecurringDonation | None:
    """Return the arrangement's row, made empty if a payment is known before it. Safe to race: its id is unique."""
    if subscription_id is None:
        return None
    row = insert(RecurringDonation).values(subscription_id=subscription_id)
    session.execute(row.on_conflict_do_nothing(index_elements=[RecurringDonation.subscription_id]))
    found = select(RecurringDonation).where(RecurringDonation.subscription_id == subscription_id)
    return session.scalars(found).one()


def _find_or_add(session: Session, facts: PaymentFacts) -> Donation | None:
    found = session.scalar(
        select(Donation).where(Donation.payment_id == facts.payment_id).with_for_update(key_share=True)
    )
    if found is not None or facts.status not in _SEEN:
        return found
    added = Donation(
        payment_id=facts.payment_id,
        state=DonationState.PROCESSING,
        amount_minor=facts.amount_minor,
        currency=facts.currency,
    )
    session.add(added)
    session.flush()
    return added


def _mirror(session: Session, donation: Donation, facts: PaymentFacts) -> None:
    attempt = find_attempt(session, facts.attempt)
    recurring = ensure_recurring(session, facts.subscription_id) if is_ours(facts) else None
    donor = ensure_donor(session, attempt, facts.address, facts.name, facts.customer_id)
    refunded = sum(refund.amount_minor for refund in facts.refunds if refund.state is not RefundState.FAILED)
    donation.state = derive_donation_state(
        facts.status, facts.amount_minor, refunded, frozenset(dispute.state for dispute in facts.disputes)
    )
    donation.charge_id = facts.charge_id
    donation.invoice_id = facts.invoice_id
    donation.amount_minor, donation.currency = facts.amount_minor, facts.currency
    donation.fee_cover_minor = facts.fee_cover_minor
    donation.refunded_minor = min(refunded, facts.amount_minor)
    donation.method, donation.paid_at = facts.method, facts.paid_at
    donation.recurring_id = recurring.id if recurring else None
    donation.donor_id = donation.donor_id or (donor.id if donor else None)
    donation.giver_name = donation.giver_name or ((attempt.donor_name if attempt else "") or facts.name or "")[:200]
    donation.fund_id = donation.fund_id or find_fund_id(session, attempt, facts.fund)
    donation.changed_at = func.now()
    if attempt is not None:
        _copy_wishes(donation, attempt)
    donation.review = _list_doubts(donation, attempt, facts)


def _copy_wishes(donation: Donation, attempt: Attempt) -> None:
    """Keep what the giver asked for with the gift itself: it is said per gift, never per person."""
    donation.attempt_id = attempt.id
    donation.is_anonymous = attempt.is_anonymous
    donation.tribute_kind, donation.tribute_name = attempt.tribute_kind, attempt.tribute_name
    donation.employer = attempt.employer
    donation.issue_id, donation.item_id = attempt.issue_id, attempt.item_id


def _list_doubts(donation: Donation, attempt: Attempt | None, facts: PaymentFacts) -> str:
    """Return what staff should look at: what the processor says is recorded, whatever was asked for."""
    doubts = []
    if donation.donor_id is None:
        doubts.append("Nobody knows who gave: the payment came without an address.")
    if donation.fund_id is None:
        doubts.append(NAMES_NO_FUND)
    elif attempt is None and is_ours(facts):  # a payment that is not ours has its fund from staff, who looked at it
        doubts.append("No form of ours belongs to this payment.")
    elif attempt is not None and attempt.frequency is Frequency.ONCE:
        asked = attempt.amount_minor + attempt.fee_cover_minor
        if (asked, attempt.currency) != (facts.amount_minor, facts.currency):
            doubts.append(f"The form asked for {write_amount(asked, attempt.currency)}.")
    doubts += [
        f"Only {write_amount(dispute.amount_minor, facts.currency)} of it was disputed, yet its whole receipt is void."
        for dispute in facts.disputes
        if dispute.state is DisputeState.LOST and dispute.amount_minor < facts.amount_minor
    ]
    return " ".join(doubts)


def _mirror_refunds(session: Session, donation: Donation, facts: PaymentFacts) -> None:
    for refund in facts.refunds:
        row = insert(Refund).values(
            refund_id=refund.refund_id,
            donation_id=donation.id,
            amount_minor=refund.amount_minor,
            state=refund.state,
            created_at=refund.created_at,
        )
        was = session.scalar(select(Refund.state).where(Refund.refund_id == refund.refund_id))
        session.execute(
            row.on_conflict_do_update(index_elements=[Refund.refund_id], set_={"state": row.excluded.state})
        )
        if refund.state is RefundState.FAILED and was is not RefundState.FAILED:
            _tell_of_failed_refund(session, donation, refund)


def _mirror_disputes(session: Session, donation: Donation, facts: PaymentFacts) -> None:
    for dispute in facts.disputes:
        row = insert(Dispute).values(
            dispute_id=dispute.dispute_id,
            donation_id=donation.id,
            amount_minor=dispute.amount_minor,
            reason=dispute.reason,
            status=dispute.status,
            state=dispute.state,
            answer_by=dispute.answer_by,
            created_at=dispute.created_at,
        )
        changed = {"status": row.excluded.status, "state": row.excluded.state, "answer_by": row.excluded.answer_by}
        was = session.scalar(select(Dispute.state).where(Dispute.dispute_id == dispute.dispute_id))
        session.execute(row.on_conflict_do_update(index_elements=[Dispute.dispute_id], set_=changed))
        if dispute.state is not was and dispute.state in _NEWS:
            _call_staff(session, donation, dispute)


def _tell_of_failed_refund(session: Session, donation: Donation, refund: RefundFacts) -> None:
    """Say that the giver did not get the money back, to staff and on the request that asked for it."""
    amount = write_amount(refund.amount_minor, donation.currency)
    asked = update(RefundRequest).where(RefundRequest.refund_id == refund.refund_id, RefundRequest.state == "sent")
    session.execute(asked.values(state="failed", problem="The giver’s bank sent it back."))
    raise_alarm(
        session,
        f"refund:{refund.refund_id}",
        f"A refund of {amount} (gift {donation.id}) came back: the giver has not got it. Please pay it another way.",
    )


def _call_staff(session: Session, donation: Donation, dispute: DisputeFacts) -> None:
    amount = write_amount(dispute.amount_minor, donation.currency)
    by = f" Answer by {dispute.answer_by:%d %B %Y}." if dispute.answer_by else ""
    raise_alarm(
        session,
        f"dispute:{dispute.dispute_id}:{dispute.state}",
        f"A giver’s bank {_NEWS[dispute.state]} {amount} (gift {donation.id}, {dispute.reason}).{by}",
    )


def _post_letters(session: Session, donation: Donation, was: DonationState) -> None:
    """Tell the giver of a bank debit; receipts speak for everything else."""
    if donation.donor is None:
        return
    recipient, about = donation.donor.mailed_address, {"donation": donation.id}
    if donation.state is DonationState.PROCESSING:
        post_letter_once(session, f"gift-pending:{donation.id}", LetterKind.GIFT_PENDING, recipient, about)
    elif donation.state is DonationState.FAILED and was is DonationState.PROCESSING:
        post_letter_once(session, f"gift-failed:{donation.id}", LetterKind.GIFT_FAILED, recipient, about)
