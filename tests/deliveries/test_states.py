"""The state table of deliveries over every pair of state and event, and the pictures of it in the README."""

import itertools
import re

import pytest

from service.deliveries.states import MOVES, DeliveryEvent, DeliveryState, is_open, next_state, queues_again
from service.development.states_diagram import draw_states
from service.settings import ROOT
from service.web.desk.wording import DELIVERY_MARKS, DELIVERY_MEANINGS

SETTLED = (DeliveryState.SENT, DeliveryState.FAILED, DeliveryState.SKIPPED)
BY_STAFF = {DeliveryEvent.SEND_AGAIN, DeliveryEvent.LEAVE}


@pytest.mark.parametrize(
    ("state", "event"), list(itertools.product(SETTLED, [event for event in DeliveryEvent if event not in BY_STAFF]))
)
def test_nothing_that_comes_late_changes_a_copy_whose_fate_is_settled(
    state: DeliveryState, event: DeliveryEvent
) -> None:
    assert next_state(state, event) is None


@pytest.mark.parametrize("state", [state for state in DeliveryState if is_open(state)])
def test_staff_decide_nothing_about_a_copy_that_is_on_its_way(state: DeliveryState) -> None:
    assert [event for event in BY_STAFF if next_state(state, event)] == []


def test_a_copy_that_may_be_out_is_queued_again_only_by_an_answer_or_by_its_sender_that_knows() -> None:
    back = {event for event in DeliveryEvent if next_state(DeliveryState.SENDING, event) is DeliveryState.QUEUED}
    assert back == {DeliveryEvent.DEFER, DeliveryEvent.RELEASE}


def test_only_a_relays_answer_makes_a_copy_sent() -> None:
    assert {pair for pair, after in MOVES.items() if after is DeliveryState.SENT} == {
        (DeliveryState.SENDING, DeliveryEvent.ACCEPT),
        (DeliveryState.UNCERTAIN, DeliveryEvent.ACCEPT),
    }


def test_an_uncertain_copy_is_never_claimed_and_is_queued_again_only_by_staff_or_by_what_its_sender_knew() -> None:
    after = {event: next_state(DeliveryState.UNCERTAIN, event) for event in DeliveryEvent}
    assert after[DeliveryEvent.CLAIM] is None
    assert {event for event, state in after.items() if state is DeliveryState.QUEUED} == {
        DeliveryEvent.SEND_AGAIN,
        DeliveryEvent.RELEASE,  # its journal says that it certainly did not leave
        DeliveryEvent.DEFER,  # its journal has the relay's answer
    }


def test_only_what_queues_a_copy_again_by_itself_passes_over_one_that_staff_have_left() -> None:
    assert {event for event in DeliveryEvent if queues_again(event)} == {DeliveryEvent.RELEASE, DeliveryEvent.DEFER}


def test_every_state_but_the_first_can_be_reached() -> None:
    assert set(MOVES.values()) | {DeliveryState.QUEUED} == set(DeliveryState)


def test_the_readme_draws_exactly_the_moves_of_the_table() -> None:
    drawn = re.search(r"```mermaid\n(stateDiagram-v2\n.*?)\n```", readme(), re.DOTALL)
    assert drawn, "README.md has no ```mermaid block of the states"
    assert drawn[1] == draw_states()
    assert len(re.findall(r"^ +\w+ --> \w+: ", drawn[1], re.MULTILINE)) == len(
        {(state, after) for (state, _), after in MOVES.items()}
    )


def test_the_readme_tells_the_states_in_the_words_that_staff_read() -> None:
    rows = [f"| `{state}` | {mark.word} | {DELIVERY_MEANINGS[state]} |" for state, mark in DELIVERY_MARKS.items()]
    assert "\n".join(rows) in readme()


def readme() -> str:
    """Return the README's text."""
    return (ROOT / "README.md").read_text(encoding="utf-8")
