"""A deploy: real workers that are asked to end while an issue goes out, and a nudge that comes twice."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from service.adapters.celery import BULK, make_celery
from service.deliveries.states import DeliveryState
from service.development.programs import make_workers
from service.jobs import Job, publish
from tests.faults.relay import LoggingRelay, run_relay
from tests.fixtures.processes import RunningService
from tests.waiting import PATIENCE, wait_until
from tests.workers.sending import count_states, publish_newsletter, release

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
    _, bulk = make_workers({**running.environment, "SMTP_URL": relay.url})
    running.stop()
    running.start(bulk)
    issue_id = release(running, publish_newsletter(running, READERS))
    wait_until(lambda: len(relay.accepted) >= 20, "the first mails")

    process = running.children["bulk"].process
    process.terminate()
    assert process.wait(PATIENCE) == 0
    accepted = len(relay.accepted)
    assert 20 <= accepted < READERS
    assert count_states(running, issue_id) == {
        DeliveryState.SENT: accepted,
        DeliveryState.QUEUED: READERS - accepted,
    }

    relay.dawdle(0)
    running.start(bulk)
    publish(Job.SEND_ISSUE, issue_id)
    wait_until(lambda: count_states(running, issue_id) == {DeliveryState.SENT: READERS}, "the rest")
    assert sorted(relay.times_taken.values()) == [1] * READERS


def test_case_10_a_nudge_that_is_handed_out_again_while_its_task_still_runs_has_no_second_effect(
    running: RunningService, relay: LoggingRelay
) -> None:
    _, first, second = make_workers({**running.environment, "SMTP_URL": relay.url}, bulk=2)
    running.stop()
    running.start(first)
    relay.hold_answers(after=20)  # its task runs for as long as the relay says nothing
    issue_id = release(running, publish_newsletter(running, READERS))
    relay.wait_until_holding()

    with Redis.from_url(running.environment["REDIS_URL"]) as client:
        wait_until(lambda: _hand_out_again(running, client), "the nudge to be waiting again")
        assert client.llen(BULK) >= 1
        running.start(second)
        wait_until(lambda: client.llen(BULK) == 0, "the second worker to take it")
    relay.dawdle(0)
    relay.give_answers()
    wait_until(lambda: count_states(running, issue_id) == {DeliveryState.SENT: READERS}, "the issue to be sent")
    assert sorted(relay.times_taken.values()) == [1] * READERS


def _hand_out_again(running: RunningService, client: "Redis") -> bool:
    """Do what kombu does in a worker when the visibility timeout is over, as if it were over now."""
    app = make_celery(running.environment["REDIS_URL"])
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 0}
    with app.connection() as connection:
        connection.default_channel.qos.restore_visible()
    return not client.hlen("unacked")
