"""Senders are killed: at random, and at each moment of one mail's way. The rows must agree with the relay."""

import random
import shutil
from dataclasses import replace

import pytest
from sqlalchemy import select

from service.db import transaction
from service.deliveries.abandoned import SET_ASIDE
from service.deliveries.models import Delivery
from service.deliveries.resending import send_again
from service.deliveries.states import DeliveryState
from service.deliveries.uncertain import list_uncertain, settle_by_evidence
from service.settings import parse_routes
from tests.faults.forks import Fork
from tests.faults.reckoning import Account, assert_nothing_lost
from tests.faults.sabotage import Moment, Sabotage
from tests.faults.stage import Stage
from tests.waiting import wait_until

LARGEST_WINDOW = 64  # mails that may be intended at once
READERS, KILLS, CONNECTIONS, SENDERS = 10_000, 50, 4, 2
FEW = 20


@pytest.fixture
def one_connection(stage: Stage) -> Stage:
    """A stage whose senders have one connection each, so that one mail at a time is in flight."""
    return _with_connections(stage, 1)


def test_case_01_fifty_kills_at_random_lose_nobody_and_reach_nobody_twice(stage: Stage, chance: random.Random) -> None:
    _with_connections(stage, CONNECTIONS).release(READERS)
    senders = [stage.start_sender() for _ in range(SENDERS)]
    # Apart by more than is in hand at once: three deaths over one copy are rare then.
    for moment in sorted(chance.sample(range(0, READERS, READERS // KILLS // 4), KILLS)):
        wait_until(lambda moment=moment: stage.relay.taken >= moment, f"{moment} mails to be taken")  # type: ignore[misc]
        place = chance.randrange(SENDERS)
        senders[place].kill()
        senders[place] = stage.start_sender()
    stage.wait_until_sent()
    account = stage.account()
    assert_nothing_lost(account, uncertain=range(KILLS * CONNECTIONS + 1))
    assert set(account.states) <= {DeliveryState.SENT, DeliveryState.UNCERTAIN, DeliveryState.FAILED}
    assert _reasons_of_failures(stage) <= {SET_ASIDE}  # which is case 11


def test_case_02_a_kill_between_the_intent_and_the_text_costs_nothing(one_connection: Stage) -> None:
    stage = one_connection
    stage.release(FEW)
    stage.relay.hold_go_ahead()
    sender = stage.start_sender()
    stage.relay.wait_until_holding()
    assert stage.states[DeliveryState.SENDING] >= 1
    sender.kill()
    stage.relay.give_answers()
    stage.send_rest()
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: FEW}


def test_case_03_a_kill_after_the_dot_leaves_exactly_one_uncertain_whom_staff_see(one_connection: Stage) -> None:
    stage = one_connection
    stage.release(FEW)
    sender = _start_and_hold(stage, after=5)
    sender.kill()
    stage.relay.give_answers()
    stage.send_rest()
    account = stage.account()
    assert_nothing_lost(account, uncertain=1)
    assert account.states == {DeliveryState.SENT: FEW - 1, DeliveryState.UNCERTAIN: 1}
    with transaction(stage.services.factory) as session:
        shown = list_uncertain(session, stage.issue_id)
        assert {copy.address for copy in shown} == account.uncertain == {stage.relay.accepted[5].recipient}


@pytest.mark.parametrize("is_committed", [True, False], ids=["committed", "rolled_back"])
def test_case_04_a_kill_between_250_and_the_commit_is_told_by_the_journal(
    is_committed: bool, one_connection: Stage, fault: Sabotage
) -> None:
    stage = one_connection
    stage.release(FEW)
    fault.block(Moment.RECORD, at_commit=True)
    sender = stage.start_sender()
    fault.wait_until_blocked()
    sender.kill()
    if not is_committed:  # the server finishes a COMMIT that it was asked for, whoever asked
        fault.undo_blocked()
    fault.end()
    stage.send_rest()
    account = stage.account()
    # The next mail's dot may be out while the commit waits; of the one that was answered all is known.
    assert_nothing_lost(account, uncertain=range(2))
    assert stage.relay.accepted[0].recipient not in account.uncertain


def test_case_04_without_its_machine_a_window_is_uncertain_and_evidence_settles_it(
    one_connection: Stage, fault: Sabotage
) -> None:
    stage = one_connection
    stage.release(FEW)
    fault.block(Moment.RECORD, at_commit=True)
    sender = stage.start_sender()
    fault.wait_until_blocked()
    sender.kill()
    shutil.rmtree(stage.settings.journal_dir)
    fault.undo_blocked()
    fault.end()
    stage.let_leases_end()
    stage.send_rest()
    account = stage.account()
    assert_nothing_lost(account, uncertain=range(1, LARGEST_WINDOW + 1))
    _settle_by_the_relays_log(stage, account)
    settled = stage.account()
    assert_nothing_lost(settled)
    assert settled.states == {DeliveryState.SENT: FEW}


def test_case_05_a_sender_asked_to_stop_ends_its_mails_and_hands_back_the_rest_at_once(stage: Stage) -> None:
    stage.release(FEW * 10)
    sender = _start_and_hold(stage, after=5)
    sender.ask_to_stop()
    stage.relay.give_answers()
    sender.wait()
    states, taken = stage.states, stage.relay.taken
    assert states == {DeliveryState.SENT: taken, DeliveryState.QUEUED: FEW * 10 - taken}
    assert taken < FEW * 10
    stage.send_rest()
    assert_nothing_lost(stage.account())


def _reasons_of_failures(stage: Stage) -> set[str | None]:
    with transaction(stage.services.factory) as session:
        return set(session.scalars(select(Delivery.reason).where(Delivery.state == DeliveryState.FAILED)))


def _settle_by_the_relays_log(stage: Stage, account: Account) -> None:
    """Say of everybody who is uncertain what the log says; send again to those of whom it knows nothing."""
    with transaction(stage.services.factory) as session:
        unknown = {copy.delivery.id: copy.address for copy in list_uncertain(session, stage.issue_id)}
        assert set(unknown.values()) == account.uncertain
        for mail in stage.relay.accepted:
            if mail.recipient in account.uncertain:
                assert settle_by_evidence(session, accepted=True, reply="250 2.0.0 Ok", message_id=mail.message_id)
        not_taken = [key for key, address in unknown.items() if address not in stage.relay.times_taken]
        send_again(session, stage.issue_id, not_taken)
    stage.send_rest()


def _start_and_hold(stage: Stage, after: int) -> Fork:
    """Start a sender, and return it once its mails wait for the relay's answer, ``after`` others having theirs."""
    stage.relay.hold_answers(after)
    sender = stage.start_sender()
    stage.relay.wait_until_holding()
    return sender


def _with_connections(stage: Stage, connections: int) -> Stage:
    routes = parse_routes(f"{stage.relay.url}?connections={connections}")
    stage.settings = replace(stage.settings, routes=routes)
    return stage
