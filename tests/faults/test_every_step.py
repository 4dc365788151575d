"""A sender kills itself at one step of its work after the other; whichever it was, the rows agree with the relay."""

import random
import signal
from dataclasses import replace

from service.deliveries.states import DeliveryState
from service.settings import parse_routes
from tests.faults.mortal import mortal
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage

READERS, CONNECTIONS = 12, 2
STEPS = 144  # more than it takes to send to them, which is more than 90
LIVES = 12


def test_case_01_a_death_at_any_step_leaves_at_most_one_uncertain_for_each_connection(
    stage: Stage, chance: random.Random
) -> None:
    stage.settings = replace(stage.settings, routes=parse_routes(f"{stage.relay.url}?connections={CONNECTIONS}"))
    stage.release(READERS)
    ends = []
    for first in range(0, STEPS, STEPS // LIVES):
        steps = first + chance.randrange(STEPS // LIVES)
        stage.begin_again()
        ends.append(stage.start_sender(mortal(steps)).wait_for_end())
        stage.send_rest()
        account = stage.account()
        assert_nothing_lost(account, uncertain=range(CONNECTIONS + 1))
        assert set(account.states) <= {DeliveryState.SENT, DeliveryState.UNCERTAIN}
    assert set(ends) <= {0, -signal.SIGKILL}
    assert ends[: LIVES // 2] == [-signal.SIGKILL] * (LIVES // 2)
