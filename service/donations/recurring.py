"""Writing down what the processor says of one standing arrangement, and the letters that follow. Never charges.

The processor keeps the calendar and decides when to try again; here is only what it says, and one letter for each try.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.clock import now
from service.donations.gateway import RecurringFacts
from service.donations.givers import ensure_donor
from service.donations.models import RecurringDonation, RenewalFailure
from service.donations.recording import ensure_recurring, find_attempt, find_fund_id
from service.donations.states import Frequency, RecurringState
from service.mail.models import LetterKind
from service.mail.outbox import post_letter_once

NOTICE: Final = timedelta(days=7)  # before a yearly gift is charged, as the processor's own notice of an invoice
NEWS: Final = timedelta(days=7)  # longer than any outage after which an end should still be told

# docs.stripe.com/api/subscriptions/object#subscription_object-status; a moved date shows as a trial.
_STATES: Final = {
    "incomplete": RecurringState.INCOMPLETE,
    "incomplete_expired": RecurringState.ENDED,
    "trialing": RecurringState.ACTIVE,
    "active": RecurringState.ACTIVE,
    "past_due": RecurringState.PAST_DUE,
    "unpaid": RecurringState.ENDED,
    "canceled": RecurringState.ENDED,
    "paused": RecurringState.PAUSED,
}


def derive_recurring_state(status: str, *, is_paused: bool) -> RecurringState:
    """Return the state of an arrangement from the processor's words for it.

    Raises:
        KeyError: for a word that this version does not know; guessing could end somebody's gift.
    """
    state = _STATES[status]
    return RecurringState.PAUSED if is_paused and state is RecurringState.ACTIVE else state


def record_recurring(session: Session, facts: RecurringFacts) -> RecurringDonation:
    """Make the arrangement's row say what ``facts`` say, and post what its donor is owed. Safe to repeat."""
    recurring = ensure_recurring(session, facts.subscription_id)
    if recurring is None:
        raise ValueError("an arrangement has an id")
    session.refresh(recurring, with_for_update={"key_share": True})  # lets a payment point to it meanwhile
    _mirror(session, recurring, facts)
    _mirror_failing(recurring, facts)
    session.flush()
    session.refresh(recurring, ["donor"])
    _note_failure(session, recurring)
    if _ended_lately(facts):
        _post(session, f"recurring-ended:{recurring.id}", LetterKind.RECURRING_ENDED, recurring)
    return recurring


def post_notices(session: Session, at: datetime) -> None:
    """Tell donors of yearly gifts that will be charged within a week. Safe to repeat: one letter for each date."""
    due = select(RecurringDonation).where(
        RecurringDonation.state == RecurringState.ACTIVE,
        RecurringDonation.frequency == Frequency.YEARLY,
        RecurringDonation.ends_at.is_(None),
        RecurringDonation.next_charge_at.between(at, at + NOTICE),
    )
    for recurring in session.scalars(due):
        day = f"{recurring.next_charge_at:%Y-%m-%d}"
        _post(session, f"renewal-notice:{recurring.id}:{day}", LetterKind.RENEWAL_NOTICE, recurring)


def _ended_lately(facts: RecurringFacts) -> bool:
    """Whether an end is news: not one of years ago that a first reconciliation finds, nor one that never began."""
    if facts.ended_at is None or facts.status == "incomplete_expired":
        return False
    return facts.ended_at > now() - NEWS


def _mirror(session: Session, recurring: RecurringDonation, facts: RecurringFacts) -> None:
    attempt = find_attempt(session, facts.attempt)
    donor = ensure_donor(session, attempt, facts.address, facts.name, facts.customer_id)
    recurring.state = derive_recurring_state(facts.status, is_paused=facts.is_paused)
    recurring.item_id = facts.item_id
    recurring.attempt_id = attempt.id if attempt else recurring.attempt_id
    recurring.donor_id = recurring.donor_id or (donor.id if donor else None)
    recurring.fund_id = recurring.fund_id or find_fund_id(session, attempt, facts.fund)
    recurring.frequency, recurring.currency = facts.frequency, facts.currency
    recurring.amount_minor, recurring.fee_cover_minor = facts.amount_minor, facts.fee_cover_minor
    recurring.method = facts.method
    recurring.started_at, recurring.next_charge_at = facts.started_at, facts.pays_until
    recurring.ends_at, recurring.ended_at = facts.ends_at, facts.ended_at
    recurring.end_reason, recurring.resumes_at = facts.end_reason, facts.resumes_at
    recurring.changed_at = func.now()


def _mirror_failing(recurring: RecurringDonation, facts: RecurringFacts) -> None:
    failing = facts.failing
    recurring.failing_invoice_id = failing.invoice_id if failing else None
    recurring.failing_tries = failing.tries if failing else 0
    recurring.failing_next_try_at = failing.next_try_at if failing else None
    recurring.failing_pay_url = failing.pay_url if failing else None


def _note_failure(session: Session, recurring: RecurringDonation) -> None:
    """Keep each failed try and write to the donor once for it; a first payment that fails is seen on the page."""
    if recurring.failing_invoice_id is None or recurring.state is RecurringState.INCOMPLETE:
        return
    row = insert(RenewalFailure).values(
        recurring_id=recurring.id,
        invoice_id=recurring.failing_invoice_id,
        tries=recurring.failing_tries,
        next_try_at=recurring.failing_next_try_at,
        pay_url=recurring.failing_pay_url,
    )
    once = row.on_conflict_do_nothing(index_elements=[RenewalFailure.invoice_id, RenewalFailure.tries])
    failure_id = session.scalar(once.returning(RenewalFailure.id))
    if failure_id is not None and recurring.donor is not None and recurring.state is not RecurringState.ENDED:
        recipient = recurring.donor.mailed_address
        post_letter_once(
            session,
            f"renewal-failed:{recurring.failing_invoice_id}:{recurring.failing_tries}",
            LetterKind.RENEWAL_FAILED,
            recipient,
            {"failure": failure_id},
        )


def _post(session: Session, key: str, kind: LetterKind, recurring: RecurringDonation) -> None:
    if recurring.donor is not None:
        post_letter_once(session, key, kind, recurring.donor.mailed_address, {"recurring": recurring.id})
