"""The state table of subscriptions over every pair of state and event."""

import itertools

import pytest

from service.subscribers.states import MOVES, SubscriptionEvent, SubscriptionState, next_state


@pytest.mark.parametrize(("state", "event"), list(itertools.product(SubscriptionState, SubscriptionEvent)))
def test_every_pair_has_an_answer(state: SubscriptionState, event: SubscriptionEvent) -> None:
    assert next_state(state, event) in SubscriptionState


def test_only_a_persons_own_confirmation_makes_a_subscription_active() -> None:
    ways = {(state, event) for (state, event), after in MOVES.items() if after is SubscriptionState.ACTIVE is not state}
    assert ways == {(SubscriptionState.PENDING, SubscriptionEvent.CONFIRM)}


@pytest.mark.parametrize("state", list(SubscriptionState))
def test_another_address_begins_and_ends_nothing(state: SubscriptionState) -> None:
    assert next_state(state, SubscriptionEvent.CHANGE_ADDRESS) is state


@pytest.mark.parametrize("state", list(SubscriptionState))
def test_a_file_changes_nobody_who_is_there(state: SubscriptionState) -> None:
    assert next_state(state, SubscriptionEvent.IMPORT) is state


@pytest.mark.parametrize(
    "event", [SubscriptionEvent.UNSUBSCRIBE, SubscriptionEvent.ERASE], ids=["unsubscribing", "erasure"]
)
@pytest.mark.parametrize("state", list(SubscriptionState))
def test_leaving_works_from_everywhere(state: SubscriptionState, event: SubscriptionEvent) -> None:
    assert next_state(state, event) is SubscriptionState.UNSUBSCRIBED


def test_an_old_confirmation_link_brings_nobody_back() -> None:
    assert next_state(SubscriptionState.UNSUBSCRIBED, SubscriptionEvent.CONFIRM) is SubscriptionState.UNSUBSCRIBED
