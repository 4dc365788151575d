"""Publishing over Celery: a broker that is away is said once, tried now and then, and never waited for by everybody."""

import logging
import threading

import pytest
import redis
from celery import Celery
from kombu.exceptions import OperationalError

from service.adapters import celery
from service.adapters.celery import BULK, POST, CeleryPublisher, make_celery
from service.errors import Unavailable
from service.jobs import Job


class ScriptedCelery(Celery):  # type: ignore[misc] # Celery has no types
    """Counts what is sent; while ``is_away`` it fails as a broker that is away does."""

    def __init__(self) -> None:
        super().__init__(set_as_current=False)
        self.is_away = False
        self.sent = 0

    def send_task(self, *_: object, **__: object) -> None:
        """Take or refuse one task."""
        self.sent += 1
        if self.is_away:
            raise OperationalError("Connection refused.")


@pytest.fixture
def app() -> ScriptedCelery:
    """A broker to switch off."""
    return ScriptedCelery()


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock of the publisher: one number, to be changed."""
    clock = [1000.0]
    monkeypatch.setattr(celery, "monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that lives has all the time that it needs to answer."""
    monkeypatch.setattr(celery, "_ANSWERS_WITHIN", 60)


@pytest.mark.usefixtures("patience")
def test_an_issue_and_its_signatures_have_a_queue_of_their_own_and_everything_else_the_other(
    fresh_redis_url: str,
) -> None:
    publish = CeleryPublisher(make_celery(fresh_redis_url))
    for job in Job:
        publish(job, 7)
    with redis.Redis.from_url(fresh_redis_url) as client:
        assert (client.llen(BULK), client.llen(POST)) == (2, len(Job) - 2)
        client.flushdb()


@pytest.mark.usefixtures("patience")
def test_case_06_a_broker_that_forgot_everything_still_gets_the_next_job(fresh_redis_url: str) -> None:
    publish = CeleryPublisher(make_celery(fresh_redis_url))
    publish(Job.DELIVER_LETTER, 1)
    with redis.Redis.from_url(fresh_redis_url) as client:
        client.flushdb()  # with the bindings of its queues
        publish(Job.DELIVER_LETTER, 2)
        assert client.llen(POST) == 1
        client.flushdb()


def test_case_07_after_a_failure_nobody_asks_for_five_seconds_and_then_one_asks_for_all(
    app: ScriptedCelery, seconds: list[float]
) -> None:
    publish = CeleryPublisher(app)
    app.is_away = True
    for _ in range(10):
        with pytest.raises(Unavailable):
            publish(Job.DELIVER_LETTER, 1)
    assert app.sent == 1
    seconds[0] += 5
    for _ in range(10):
        with pytest.raises(Unavailable):
            publish(Job.DELIVER_LETTER, 1)
    assert app.sent == 2
    seconds[0] += 5
    app.is_away = False
    for _ in range(10):
        publish(Job.DELIVER_LETTER, 1)
    assert app.sent == 12


def test_case_07_while_one_caller_tries_the_others_go_on(
    app: ScriptedCelery, seconds: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = CeleryPublisher(app)
    app.is_away = True
    with pytest.raises(Unavailable):
        publish(Job.DELIVER_LETTER, 1)
    seconds[0] += 5
    inside, go_on = threading.Event(), threading.Event()

    def hang(*_: object, **__: object) -> None:
        inside.set()
        go_on.wait(60)

    monkeypatch.setattr(app, "send_task", hang)
    trying = threading.Thread(target=publish, args=(Job.DELIVER_LETTER, 1))
    trying.start()
    assert inside.wait(60)
    with pytest.raises(Unavailable):
        publish(Job.DELIVER_LETTER, 2)
    go_on.set()
    trying.join()


def test_an_outage_is_logged_once_a_minute(
    app: ScriptedCelery, seconds: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    publish = CeleryPublisher(app)
    app.is_away = True
    with caplog.at_level(logging.WARNING):
        for _ in range(13):  # of five seconds each
            with pytest.raises(Unavailable):
                publish(Job.DELIVER_LETTER, 1)
            seconds[0] += 5
    assert [record.message for record in caplog.records] == [
        "the broker does not take jobs, the sweep will find their rows: Connection refused."
    ] * 2


def test_a_worker_never_gives_its_broker_up(fresh_redis_url: str) -> None:
    conf = make_celery(fresh_redis_url).conf
    assert conf.broker_connection_max_retries is None
    assert conf.broker_channel_error_retry
