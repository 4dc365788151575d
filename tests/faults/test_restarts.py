"""PostgreSQL is restarted, and crashes, in the middle of a send."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from service.deliveries.states import DeliveryState
from service.development.postgres import PostgresServer
from service.schema import migrate
from tests.faults.breakable import Breakable, run_breakable
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.stage import Stage
from tests.waiting import wait_until

READERS = 3000


@pytest.fixture
def postgres() -> Iterator[Breakable]:
    """A PostgreSQL of this test's own."""
    # Durable: a commit that its server forgets in a crash is a promise broken that no sender can mend.
    with TemporaryDirectory(prefix="postrider-faults-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # started by root, PostgreSQL runs as an account that must get in
        with run_breakable(PostgresServer(folder / "postgres")) as running:
            migrate(running.url)
            yield running


@pytest.fixture
def fresh_database_url(postgres: Breakable) -> str:
    """The same, under the name that ``settings`` asks for."""
    return postgres.url


def test_case_16_a_restart_and_a_crash_of_the_database_midway_need_no_hand_and_cost_no_copy(
    stage: Stage, postgres: Breakable
) -> None:
    stage.relay.dawdle(0.005)
    stage.release(READERS)
    senders = [stage.start_sender() for _ in range(2)]
    wait_until(lambda: stage.relay.taken > READERS // 4, "a quarter of the issue to be sent")
    postgres.shut_down()
    postgres.start()
    wait_until(lambda: stage.relay.taken > READERS // 2, "half of the issue to be sent")
    postgres.crash()
    postgres.start()
    for sender in senders:
        sender.wait()
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS}
