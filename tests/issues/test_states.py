"""Every state and step of an issue: it moves by its table, or is told in words why it does not."""

import pytest

from service.errors import Conflict
from service.issues.states import MOVES, IssueEvent, IssueState, next_state

REFUSED = [(state, event) for state in IssueState for event in IssueEvent if (state, event) not in MOVES]


@pytest.mark.parametrize(("state", "event"), list(MOVES))
def test_an_issue_moves_by_its_table(state: IssueState, event: IssueEvent) -> None:
    assert next_state(state, event) is MOVES[state, event]


@pytest.mark.parametrize(
    ("state", "event", "sentence"),
    [
        (IssueState.DRAFT, IssueEvent.CANCEL, "This issue is a draft; it can’t be cancelled now."),
        (IssueState.SENDING, IssueEvent.WITHDRAW, "This issue is being sent; it can’t be taken back now."),
        (IssueState.HELD, IssueEvent.PAUSE, "This issue is waiting to start; it can’t be paused now."),
        (IssueState.CANCELLED, IssueEvent.REOPEN, "This issue is cancelled; it can’t go to anybody else now."),
        (IssueState.PAUSED, IssueEvent.PAUSE, "This issue is paused already."),
        (IssueState.CANCELLED, IssueEvent.CANCEL, "This issue is cancelled already."),
        (IssueState.SENDING, IssueEvent.RESUME, "This issue is being sent already."),
    ],
)
def test_a_step_that_means_nothing_now_says_why(state: IssueState, event: IssueEvent, sentence: str) -> None:
    with pytest.raises(Conflict) as refused:
        next_state(state, event)
    assert refused.value.message == sentence


@pytest.mark.parametrize(("state", "event"), REFUSED)
def test_every_refusal_is_a_sentence(state: IssueState, event: IssueEvent) -> None:
    with pytest.raises(Conflict, match=r"^This issue is [a-z ]+(; it can’t [a-z ]+ now| already)\.$"):
        next_state(state, event)
