"""A copy that takes its process with it: after three deaths it is set aside, and all others have theirs."""

import os
import signal
from dataclasses import replace
from typing import Any, cast

from service.db import transaction
from service.deliveries.claiming import Claim
from service.deliveries.compose import Composer
from service.deliveries.queries import find_copies
from service.deliveries.sending import Sender
from service.deliveries.states import DeliveryState
from service.mail.transport import OutgoingMail
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage

READERS = 120
DEADLY = "reader-57@example.org"
DEATHS, CONNECTIONS = 3, 8


def test_case_11_a_copy_that_kills_its_process_is_set_aside_after_three_and_others_flow(stage: Stage) -> None:
    stage.release(READERS)
    ends = [stage.start_sender(make_deadly).wait_for_end() for _ in range(DEATHS)]
    assert set(ends) == {-signal.SIGSEGV}
    assert stage.start_sender(make_deadly).wait_for_end() == 0
    account = stage.account()
    # Each death leaves at most one uncertain for each connection: those whose dots were out.
    assert_nothing_lost(account, uncertain=range(DEATHS * CONNECTIONS + 1))
    assert account.states[DeliveryState.FAILED] == 1
    assert account.states[DeliveryState.SENT] + account.states[DeliveryState.UNCERTAIN] == READERS - 1
    with transaction(stage.services.factory) as session:
        aside = find_copies(session, DEADLY)[0].delivery
        assert aside.state is DeliveryState.FAILED
        assert "three times" in (aside.reason or "")


def make_deadly(sender: Sender) -> Sender:
    """Let the sender die whenever it writes the one reader's mail."""
    return replace(sender, load_composer=lambda *where: cast("Composer", _DeadlyComposer(sender.load_composer(*where))))


class _DeadlyComposer:
    """A composer that dies over one reader's mail, as a fault in a C library would make it."""

    def __init__(self, composer: Composer) -> None:
        self._composer = composer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._composer, name)

    def compose(self, claim: Claim, signature: bytes | None = None) -> OutgoingMail:
        """Write a mail, or die."""
        if claim.recipient == DEADLY:
            os.kill(os.getpid(), signal.SIGSEGV)
        return self._composer.compose(claim, signature)
