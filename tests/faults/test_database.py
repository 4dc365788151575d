"""The database cuts, restarts, fills up, deadlocks or loses an answer while an issue goes out: nobody is lost."""

import random
import time
from dataclasses import replace

import pytest

from service.deliveries.states import DeliveryState
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.sabotage import Moment, Sabotage
from tests.faults.stage import Stage
from tests.faults.wires import sever_commits
from tests.waiting import wait_until

READERS = 40
DISK_FULL, DEADLOCK, NOT_SERIALIZABLE = "53100", "40P01", "40001"
every_moment = pytest.mark.parametrize("moment", list(Moment), ids=[moment.name.lower() for moment in Moment])
either_way = pytest.mark.parametrize("at_commit", [False, True], ids=["statement", "commit"])


@every_moment
@either_way
def test_case_15_a_connection_that_is_cut_costs_no_copy_and_no_certainty(
    moment: Moment, at_commit: bool, stage: Stage, fault: Sabotage
) -> None:
    fault.cut(moment, times=2, at_commit=at_commit)
    _send_all(stage)
    assert fault.hits > 2


def test_case_15_a_commit_whose_answer_is_lost_is_taken_neither_for_done_nor_for_undone(
    stage: Stage, chance: random.Random
) -> None:
    stage.release(READERS * 10)
    with sever_commits(stage.settings.database_url, 0.4, chance) as (wire, address):
        stage.start_sender(settings=replace(stage.settings, database_url=address)).wait()
        assert wire.severed
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS * 10}


@every_moment
@pytest.mark.parametrize("sqlstate", [DEADLOCK, NOT_SERIALIZABLE])
def test_case_21_a_deadlock_or_a_serialization_failure_is_retried_without_half_an_effect(
    moment: Moment, sqlstate: str, stage: Stage, fault: Sabotage
) -> None:
    fault.err(moment, sqlstate, times=3)
    _send_all(stage)
    assert fault.hits > 3


@every_moment
def test_case_17_a_full_disk_makes_sending_wait_without_spinning_until_there_is_room(
    moment: Moment, stage: Stage, fault: Sabotage
) -> None:
    fault.err(moment, DISK_FULL, at_commit=True)
    stage.release(READERS)
    sender = stage.start_sender()
    taken = -1
    while taken != stage.relay.taken:  # what was on its way when the fault struck still arrives
        taken, before = stage.relay.taken, fault.hits
        wait_until(lambda before=before: fault.hits >= before + 2, "the sender to try again")  # type: ignore[misc]
    tried = fault.hits
    _wait_a_little()
    # A loop without a pause makes thousands of attempts meanwhile; one that backs off makes a few.
    assert fault.hits - tried <= 20
    assert stage.relay.taken == taken
    fault.end()
    sender.wait()
    _assert_all_sent(stage)


def _wait_a_little() -> None:
    for _ in range(100):
        time.sleep(0.02)


def _send_all(stage: Stage) -> None:
    stage.release(READERS)
    stage.send_rest()
    _assert_all_sent(stage)


def _assert_all_sent(stage: Stage) -> None:
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS}
