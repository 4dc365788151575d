"""What a worker process takes upon itself, by its queues; and that it runs in threads."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery
from celery.signals import task_received

from service.adapters.celery import BULK, POST
from service.db import transaction
from service.deliveries.letters import LetterSender
from service.deliveries.planning import release_issue
from service.jobs import Job
from service.mail.models import LetterKind
from service.mail.outbox import post_letter
from service.wiring import Services
from tests.factories.publication import make_issue, make_newsletter
from tests.factories.readers import make_readers
from tests.fixtures.smtp import SmtpSink
from tests.waiting import wait_until
from workers import deliveries, donations, duties, importing, issues, letters, subscribers, sweeping, tracking
from workers import watchman as watchman_module
from workers.broker import BrokerCare
from workers.duties import make_watchman
from workers.watchman import QUIET


@pytest.fixture
def app(services: Services) -> Celery:
    """The tasks of a worker over the test's services."""
    for room in (deliveries, donations, importing, issues, letters, subscribers, sweeping, tracking):
        room.register(services.celery, lambda: services)
    return services.celery


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """A worker's threads."""
    with ThreadPoolExecutor(1) as threads:
        yield threads


def _worker(app: Celery, pool: object, *queues: str) -> Any:
    app.amqp.queues.select(queues)
    return SimpleNamespace(app=app, pool=pool)


@pytest.mark.parametrize(("queue", "expected"), [(BULK, {"issue"}), (POST, {"letter"})])
def test_without_a_broker_each_process_does_what_its_queue_would_bring(
    app: Celery, services: Services, pool: ThreadPoolExecutor, smtp_sink: SmtpSink, queue: str, expected: set[str]
) -> None:
    with transaction(services.factory) as session:
        newsletter = make_newsletter(session)
        make_readers(session, newsletter.id, 1)
        issue = make_issue(session, newsletter)
        release_issue(session, issue.id, services.settings.public_url, services.signer)
        post_letter(session, LetterKind.TEST, "letter@example.org", {"issue": issue.id})
    worker = _worker(app, SimpleNamespace(executor=pool), queue)
    make_watchman(worker, services, quiet=timedelta()).look()
    pool.submit(lambda: None).result()  # one thread: what was handed over before it is done
    wait_until(lambda: smtp_sink.recipients, "a mail")
    words = {"letter@example.org": "letter", "reader-0@example.org": "issue"}
    assert {words[recipient] for recipient in smtp_sink.recipients} == expected


@pytest.mark.parametrize("queue", [BULK, POST])
def test_every_process_looks_for_the_journals_of_dead_senders_however_well_its_broker_is(
    app: Celery, services: Services, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    seen: list[Path] = []
    for duty in ("recover_journals", "free_abandoned_letters"):
        monkeypatch.setattr(duties, duty, lambda _, folder: seen.append(folder))
    make_watchman(_worker(app, SimpleNamespace(executor=pool), queue), services).look()
    assert seen == [services.settings.journal_dir] * 2


@pytest.mark.parametrize(
    ("queue", "expected"),
    [(BULK, ["leaves idle relays", "mail"]), (POST, ["leaves idle relays", "asks the broker", "everything"])],
)
def test_what_a_process_looks_after_and_sweeps_goes_by_its_queue(
    app: Celery, services: Services, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch, queue: str,
    expected: list[str],
) -> None:  # fmt: skip
    done: list[str] = []
    monkeypatch.setattr(duties, "sweep_everything", lambda _: done.append("everything"))
    monkeypatch.setattr(duties, "sweep_mail", lambda _: done.append("mail"))
    monkeypatch.setattr(BrokerCare, "look", lambda _: done.append("asks the broker"))
    monkeypatch.setattr(LetterSender, "close_idle", lambda _: done.append("leaves idle relays"))
    make_watchman(_worker(app, SimpleNamespace(executor=pool), queue), services, quiet=timedelta()).look()
    assert done == expected


def test_a_task_that_celery_receives_is_noted(
    app: Celery, services: Services, pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seconds = [100.0]
    monkeypatch.setattr(watchman_module, "monotonic", lambda: seconds[0])
    duties.register(app, lambda: services)
    (step,) = [step for step in app.steps["worker"] if step.__name__ == "Duties"]
    worker = _worker(app, SimpleNamespace(executor=pool), POST)
    watchman = step(worker).create(worker)
    seconds[0] += QUIET.total_seconds()
    assert watchman.is_quiet
    task_received.send(sender=None, request=None)
    assert not watchman.is_quiet


def test_a_worker_without_threads_does_not_start(app: Celery, services: Services) -> None:
    with pytest.raises(RuntimeError, match="-P threads"):
        make_watchman(_worker(app, SimpleNamespace(), POST), services)


def test_every_job_has_a_task_and_a_process_that_takes_it(app: Celery) -> None:
    assert {job.value for job in Job} <= set(app.tasks)
    assert {app.amqp.router.route({}, job.value)["queue"].name for job in Job} == {POST, BULK}
