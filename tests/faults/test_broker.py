"""The broker dies, forgets, fills up or refuses to write: requests succeed, and the work is done from the rows."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import redis
from sqlalchemy import func, select

from service.adapters.celery import CeleryPublisher
from service.db import transaction
from service.deliveries.states import DeliveryState
from service.inbox.models import OutsideEvent
from service.jobs import Job, publish, use_publisher
from service.mail.models import Letter
from service.settings import Settings
from service.web.app import create_app
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.faults.breakable import Breakable, run_broker
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.relay import LoggingRelay
from tests.faults.stage import Stage, open_stage
from tests.fixtures.processes import RunningService
from tests.waiting import wait_until
from tests.web.desk.browsing import open_desk
from tests.web.signing_up import handle_sign_ups, make_mark
from tests.web.webhooks.signing import KEY, SECRET, sign, write_event

READERS = 1500
FEW, CONNECTIONS = 8, 8


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Breakable]:
    """A broker of this test's own."""
    with run_broker(tmp_path) as running:
        yield running


@pytest.fixture
def fresh_redis_url(broker: Breakable) -> str:
    """The same, under the name that ``running`` asks for."""
    return broker.url


@pytest.fixture
def redis_url(broker: Breakable) -> str:
    """The same, under the name that ``settings`` asks for."""
    return broker.url


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The test's settings, with a processor whose webhooks come in."""
    return replace(settings, stripe_key=KEY, stripe_webhook_secrets=(SECRET,))


def _kill_and_start(broker: Breakable) -> None:
    broker.crash()
    broker.start()


def _flush(broker: Breakable) -> None:
    with redis.Redis.from_url(broker.url) as client:
        client.flushall()


def test_case_06_an_issue_is_sent_whole_though_the_broker_is_killed_and_then_emptied_midway(
    running: RunningService, relay: LoggingRelay, broker: Breakable
) -> None:
    relay.dawdle(0.01)
    with open_stage(running.services.settings, running.services, relay) as stage:
        stage.release(READERS)
        for part, fault in enumerate((_kill_and_start, _flush), start=1):
            wait_until(lambda part=part: relay.taken > READERS * part // 3, "the next third")  # type: ignore[misc]
            # The sender dies as well: nothing but the rows knows then that there is work.
            running.kill("bulk")
            fault(broker)
            running.start(running.children["bulk"].program)
        relay.dawdle(0)
        stage.wait_until_sent()
        account = stage.account()
    assert_nothing_lost(account, uncertain=range(2 * CONNECTIONS + 1))


def _stop(broker: Breakable) -> None:
    broker.crash()


def _fill(broker: Breakable) -> None:
    """No byte more fits in: what ``maxmemory`` and ``noeviction`` come to."""
    with redis.Redis.from_url(broker.url) as client:
        client.config_set("maxmemory", 1)


def _make_replica(broker: Breakable) -> None:
    """Refuse to write, as after a failover to the wrong side."""
    with redis.Redis.from_url(broker.url) as client:
        client.replicaof("127.0.0.1", "1")


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(_stop, id="case_07_down"),
        pytest.param(_fill, id="case_08_full"),
        pytest.param(_make_replica, id="case_08_read_only"),
    ],
)
def test_case_07_08_a_request_succeeds_without_the_broker_and_its_work_is_done_later(
    fault: Callable[[Breakable], None], stage: Stage, broker: Breakable, publisher_account: int
) -> None:
    services = stage.services
    use_publisher(CeleryPublisher(services.celery))
    issue_id = _write_issue(services)
    fault(broker)
    app = create_app(services)
    form = {"address": "jane@example.org", "name": "Jane", "mark": make_mark(services)}
    asked = app.test_client().post("/crossings/subscribe", data=form)
    assert asked.status_code == 200
    handle_sign_ups(services)
    event = write_event()
    told = app.test_client().post("/webhooks/stripe", data=event, headers={"Stripe-Signature": sign(event)})
    assert told.status_code == 200
    desk = open_desk(app, publisher_account)
    seen = desk.get(f"/desk/issues/{issue_id}/send").text.split('name="seen" value="', 1)[1].split('"', 1)[0]
    assert desk.post(f"/desk/issues/{issue_id}/send", seen=seen).status_code == 302
    with transaction(services.factory) as session:
        letter_id = session.scalars(select(Letter.id)).one()
        assert session.scalar(select(func.count()).select_from(OutsideEvent)) == 1
    services.letter_sender.deliver(letter_id)
    stage.issue_id = issue_id
    stage.send_rest()
    letter, *copies = stage.relay.accepted
    assert letter.recipient == "jane@example.org"
    assert len(copies) == FEW
    assert stage.states == {DeliveryState.SENT: FEW}


def test_case_09_twenty_nudges_at_once_have_one_effect(running: RunningService, relay: LoggingRelay) -> None:
    with open_stage(running.services.settings, running.services, relay) as stage:
        stage.release(READERS // 5)
        for _ in range(20):
            publish(Job.SEND_ISSUE, stage.issue_id)
        stage.wait_until_sent()
        account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS // 5}


def _write_issue(services: Services) -> int:
    with transaction(services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, FEW)
        return make_issue(session, newsletter).id
