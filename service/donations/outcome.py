"""What became of a form, in a word for its giver. Derived from our own rows; asks nobody and changes nothing."""

from enum import StrEnum
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.donations.models import Attempt, Donation
from service.donations.states import AttemptState, DonationState


class Outcome(StrEnum):
    """What a giver may be told."""

    WAITING = "waiting"  # nothing has settled yet; look again in a moment
    ON_ITS_WAY = "on_its_way"  # a bank transfer that takes days
    RECEIVED = "received"
    FAILED = "failed"
    CLOSED = "closed"  # the page closed without a payment


_OUTCOMES: Final = {
    DonationState.PROCESSING: Outcome.ON_ITS_WAY,
    DonationState.FAILED: Outcome.FAILED,
    # Whatever happens to it later, a gift that came was received: this page is not where refunds are told.
    DonationState.SUCCEEDED: Outcome.RECEIVED,
    DonationState.PARTIALLY_REFUNDED: Outcome.RECEIVED,
    DonationState.REFUNDED: Outcome.RECEIVED,
    DonationState.DISPUTED: Outcome.RECEIVED,
    DonationState.CHARGED_BACK: Outcome.RECEIVED,
}


def find_attempt_of_page(session: Session, session_id: str) -> Attempt | None:
    """Return the attempt that led to the processor's page ``session_id``, or None."""
    return session.scalar(select(Attempt).where(Attempt.session_id == session_id)) if session_id else None


def tell_outcome(session: Session, attempt: Attempt) -> Outcome:
    """Return what became of ``attempt``. For a gift that recurs, its first payment counts.

    A declined card leaves its form open: the giver is still at the processor's page, so that is no outcome yet.
    """
    first = select(Donation.state).where(Donation.attempt_id == attempt.id).order_by(Donation.id).limit(1)
    state = session.scalar(first)
    if state is None or (state is DonationState.FAILED and attempt.state is not AttemptState.COMPLETE):
        return Outcome.CLOSED if attempt.state is AttemptState.EXPIRED else Outcome.WAITING
    return _OUTCOMES[state]
