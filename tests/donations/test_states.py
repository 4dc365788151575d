"""The states of gifts: every pair of attempt states, and a payment's state from every combination of facts."""

from itertools import product

import pytest

from service.donations.recurring import derive_recurring_state
from service.donations.states import (
    MOVES,
    AttemptState,
    DisputeState,
    DonationState,
    PaymentStatus,
    RecurringState,
    derive_donation_state,
    move_attempt,
)
from service.errors import Conflict

NONE: frozenset[DisputeState] = frozenset()
AMOUNT = 5000


def test_the_table_of_moves_names_every_state() -> None:
    assert set(MOVES) == set(AttemptState)


@pytest.mark.parametrize(("present", "wanted"), list(product(AttemptState, AttemptState)))
def test_a_form_moves_only_as_the_table_says(present: AttemptState, wanted: AttemptState) -> None:
    if wanted is present or wanted in MOVES[present]:
        assert move_attempt(present, wanted) is wanted
    else:
        with pytest.raises(Conflict):
            move_attempt(present, wanted)


def test_a_complete_gift_stays_complete() -> None:
    assert MOVES[AttemptState.COMPLETE] == frozenset()


@pytest.mark.parametrize(
    ("status", "refunded", "disputes", "state"),
    [
        (PaymentStatus.OPEN, 0, NONE, DonationState.FAILED),
        (PaymentStatus.FAILED, 0, NONE, DonationState.FAILED),
        (PaymentStatus.PROCESSING, 0, NONE, DonationState.PROCESSING),
        (PaymentStatus.PAID, 0, NONE, DonationState.SUCCEEDED),
        (PaymentStatus.PAID, 1, NONE, DonationState.PARTIALLY_REFUNDED),
        (PaymentStatus.PAID, AMOUNT - 1, NONE, DonationState.PARTIALLY_REFUNDED),
        (PaymentStatus.PAID, AMOUNT, NONE, DonationState.REFUNDED),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.INQUIRY}), DonationState.SUCCEEDED),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.OPEN}), DonationState.DISPUTED),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.WON}), DonationState.SUCCEEDED),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.LOST}), DonationState.CHARGED_BACK),
        (PaymentStatus.PAID, 1, frozenset({DisputeState.OPEN}), DonationState.DISPUTED),
        (PaymentStatus.PAID, 1, frozenset({DisputeState.WON}), DonationState.PARTIALLY_REFUNDED),
        (PaymentStatus.PAID, AMOUNT, frozenset({DisputeState.LOST}), DonationState.CHARGED_BACK),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.WON, DisputeState.OPEN}), DonationState.DISPUTED),
        (PaymentStatus.PAID, 0, frozenset({DisputeState.OPEN, DisputeState.LOST}), DonationState.CHARGED_BACK),
    ],
)
def test_a_payments_state_follows_from_its_facts(
    status: PaymentStatus, refunded: int, disputes: frozenset[DisputeState], state: DonationState
) -> None:
    assert derive_donation_state(status, AMOUNT, refunded, disputes) is state


@pytest.mark.parametrize(
    ("word", "is_paused", "state"),
    [
        ("incomplete", False, RecurringState.INCOMPLETE),
        ("incomplete_expired", False, RecurringState.ENDED),
        ("active", False, RecurringState.ACTIVE),
        ("trialing", False, RecurringState.ACTIVE),
        ("active", True, RecurringState.PAUSED),
        ("trialing", True, RecurringState.PAUSED),
        ("past_due", False, RecurringState.PAST_DUE),
        ("past_due", True, RecurringState.PAST_DUE),
        ("unpaid", False, RecurringState.ENDED),
        ("canceled", False, RecurringState.ENDED),
        ("canceled", True, RecurringState.ENDED),
        ("paused", False, RecurringState.PAUSED),
    ],
)
def test_an_arrangements_state_follows_from_the_processors_word(
    word: str, is_paused: bool, state: RecurringState
) -> None:
    assert derive_recurring_state(word, is_paused=is_paused) is state


def test_a_word_that_we_do_not_know_is_not_guessed() -> None:
    with pytest.raises(KeyError):
        derive_recurring_state("dormant", is_paused=False)
