"""A deploy: real workers that are asked to end while an issue goes out, and a nudge that comes twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from service.deliveries.states import DeliveryState
from service.development.children import Program
from service.development.programs import make_workers
from tests.faults.relay import LoggingRelay, run_relay
from tests.fixtures.processes import RunningService
from tests.waiting import wait_until
from tests.workers.sending import count_states, is_sent, publish_newsletter, release

READERS = 300


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[LoggingRelay]:
    """A relay that takes its time over each mail."""
    with run_relay(tmp_path / "relay") as server:
        server.dawdle(0.2)
        yield server


def test_case_05_a_worker_that_is_asked_to_end_finishes_its_mails_and_gives_the_rest_back(
    running: RunningService, relay: LoggingRelay
) -> None:
    post, bulk = _through(relay, running)
    running.stop()
    running.start(bulk)
    issue_id = release(running, publish_newsletter(running, READERS))
    wait_until(lambda: len(relay.accepted) >= 20, "the first mails")

    process = running.children["bulk"].process
    process.terminate()
    assert process.wait(bulk.stop_within.total_seconds()) == 0
    accepted = len(relay.accepted)
    assert 20 <= accepted < READERS
    assert count_states(running, issue_id) == {
        DeliveryState.SENT: accepted,
        DeliveryState.QUEUED: READERS - accepted,
    }

    relay.dawdle(0)
    running.start(bulk, post)
    wait_until(lambda: is_sent(running, issue_id), "the rest")
    assert sorted(relay.times_taken.values()) == [1] * READERS


def _through(relay: LoggingRelay, running: RunningService) -> list[Program]:
    return make_workers({**running.environment, "SMTP_URL": relay.url})
