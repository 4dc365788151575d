"""The states of a gift's parts, and how each is derived from facts. Rules without rows.

A state is never stepped from event to event: it is computed anew from what the processor says is so now. The tables of
transitions below say which changes can be seen; a change that is not in them is a fault and raises.
"""

from enum import StrEnum
from typing import Final

from service.errors import Conflict


class Frequency(StrEnum):
    """How often a giver gives."""

    ONCE = "once"
    MONTHLY = "monthly"
    YEARLY = "yearly"


class AttemptState(StrEnum):
    """Where a filled-in gift form stands. A declined card leaves it ``open``."""

    NEW = "new"  # stored; the processor has not been asked yet
    OPEN = "open"  # the giver is at the processor's page
    COMPLETE = "complete"
    EXPIRED = "expired"
    ERROR = "error"  # the processor refused to open its page


class DonationState(StrEnum):
    """Where one payment stands."""

    PROCESSING = "processing"  # a bank debit on its way: no thanks, no receipt yet
    SUCCEEDED = "succeeded"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"
    FAILED = "failed"


class RecurringState(StrEnum):
    """Where a standing arrangement stands."""

    INCOMPLETE = "incomplete"
    ACTIVE = "active"
    PAST_DUE = "past_due"  # a renewal failed and is being retried
    PAUSED = "paused"
    ENDED = "ended"


class RefundState(StrEnum):
    """Where one refund stands at the processor."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"  # the money came back to us


class DisputeState(StrEnum):
    """Where one dispute stands. An inquiry moves no money."""

    INQUIRY = "inquiry"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


class LedgerKind(StrEnum):
    """What a line of the ledger is. Gift, cover and reinstated are positive; fees, refunds and disputes negative."""

    GIFT = "gift"
    FEE_COVER = "fee_cover"  # what the giver added for the fee: money like the gift, but no part of a goal
    FEE = "fee"
    REVERSED = "reversed"  # a bank payment that failed after it had arrived
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE = "dispute"
    DISPUTE_REINSTATED = "dispute_reinstated"
    DISPUTE_FEE = "dispute_fee"


class PaymentStatus(StrEnum):
    """What the processor says of one payment."""

    OPEN = "open"  # nothing was paid: no card yet, a declined one, or one that waits for its owner's consent
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"


MOVES: Final[dict[AttemptState, frozenset[AttemptState]]] = {
    AttemptState.NEW: frozenset({AttemptState.OPEN, AttemptState.COMPLETE, AttemptState.EXPIRED, AttemptState.ERROR}),
    AttemptState.OPEN: frozenset({AttemptState.COMPLETE, AttemptState.EXPIRED}),
    AttemptState.ERROR: frozenset({AttemptState.OPEN, AttemptState.COMPLETE, AttemptState.EXPIRED}),
    AttemptState.EXPIRED: frozenset({AttemptState.COMPLETE}),
    AttemptState.COMPLETE: frozenset(),
}


def move_attempt(present: AttemptState, wanted: AttemptState) -> AttemptState:
    """Return the state after ``wanted`` is seen; what is already so stays so.

    Raises:
        Conflict: for a change that can't be: a complete gift does not become open again.
    """
    if wanted is present:
        return present
    if wanted not in MOVES[present]:
        raise Conflict(f"A gift form that is {present} does not become {wanted}.")
    return wanted


def derive_donation_state(
    status: PaymentStatus, amount_minor: int, refunded_minor: int, disputes: frozenset[DisputeState]
) -> DonationState:
    """Return the state of a payment from what the processor says of it now.

    ``refunded_minor`` counts refunds that did not fail. A lost dispute outweighs everything; a won one leaves no mark.
    """
    if status is PaymentStatus.FAILED or status is PaymentStatus.OPEN:
        return DonationState.FAILED
    if status is PaymentStatus.PROCESSING:
        return DonationState.PROCESSING
    if DisputeState.LOST in disputes:
        return DonationState.CHARGED_BACK
    if DisputeState.OPEN in disputes:
        return DonationState.DISPUTED
    if refunded_minor >= amount_minor:
        return DonationState.REFUNDED
    return DonationState.PARTIALLY_REFUNDED if refunded_minor else DonationState.SUCCEEDED
