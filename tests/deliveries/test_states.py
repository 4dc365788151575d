"""The state table of deliveries over every pair of state and event."""

import itertools

import pytest

from service.deliveries.states import MOVES, DeliveryEvent, DeliveryState, is_open, next_state

CLOSED = [state for state in DeliveryState if not is_open(state)]


@pytest.mark.parametrize(("state", "event"), list(itertools.product(CLOSED, DeliveryEvent)))
def test_nothing_that_comes_late_changes_a_copy_whose_fate_is_settled(
    state: DeliveryState, event: DeliveryEvent
) -> None:
    assert next_state(state, event) is None


def test_a_copy_that_is_about_to_leave_is_never_queued_again_without_an_answer() -> None:
    back = {event for event in DeliveryEvent if next_state(DeliveryState.SENDING, event) is DeliveryState.QUEUED}
    assert back == {DeliveryEvent.DEFER}


def test_only_a_relays_answer_makes_a_copy_sent() -> None:
    assert {pair for pair, after in MOVES.items() if after is DeliveryState.SENT} == {
        (DeliveryState.SENDING, DeliveryEvent.ACCEPT)
    }


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(MOVES.values()) | {DeliveryState.QUEUED} == set(DeliveryState)
