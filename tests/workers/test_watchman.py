"""The watchman: steps in when no task comes, does only its own process's jobs, and survives whatever he runs into."""

import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from service.jobs import Job, publish, use_publisher
from tests.fixtures.services import PublishedJobs
from tests.waiting import wait_until
from workers import watchman as module
from workers.watchman import Kept, Watchman

ISSUE, LETTER = (Job.SEND_ISSUE, (7,)), (Job.DELIVER_LETTER, (3,))


class Slow(Executor):
    """A pool that does nothing until it is told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[..., Any], Any]] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **_: Any) -> Future[Any]:
        """Keep a call for later."""
        future: Future[Any] = Future()
        self.waiting.append((future, fn, args))
        return future

    def work(self) -> None:
        """Do what waits."""
        for future, fn, args in self.waiting:
            try:
                future.set_result(fn(*args))
            except ValueError as problem:
                future.set_exception(problem)
        self.waiting.clear()


class House:
    """What a watchman looks after, and what he did."""

    def __init__(self) -> None:
        self.pool = Slow()
        self.stopping = threading.Event()
        self.found: list[Kept] = []
        self.done: list[Kept] = []
        self.rounds = self.sweeps = 0
        self.failure: Exception | None = None

    def hire(self, quiet: float = 0.0, pool: Executor | None = None, jobs: frozenset[Job] | None = None) -> Watchman:
        """Return the watchman of a process that takes issues only."""
        return Watchman(
            always=self._always,
            sweep=self._sweep,
            jobs=jobs or frozenset({Job.SEND_ISSUE}),
            do=self._do,
            pool=pool or self.pool,
            stopping=self.stopping,
            quiet=timedelta(seconds=quiet),
        )

    def _always(self) -> None:
        self.rounds += 1
        if self.failure is not None:
            raise self.failure

    def _sweep(self) -> None:
        self.sweeps += 1
        for job, ids in self.found:
            publish(job, *ids)

    def _do(self, job: Job, ids: tuple[int, ...]) -> None:
        self.done.append((job, ids))
        if ids == (13,):
            raise ValueError("unlucky")


@pytest.fixture
def published() -> PublishedJobs:
    """What would have gone to the broker."""
    jobs = PublishedJobs()
    use_publisher(jobs)
    return jobs


@pytest.fixture
def house(published: PublishedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:  # noqa: ARG001 - no broker
    """A house whose watchman waits for nothing."""
    monkeypatch.setattr(module, "LOOK_EVERY", timedelta(seconds=0.02))
    monkeypatch.setattr(module, "LOOK_AGAIN", timedelta(seconds=0.01))
    monkeypatch.setattr(module, "LONGEST_REST", timedelta(seconds=0.05))
    made = House()
    yield made
    made.stopping.set()


def test_while_tasks_come_he_only_looks_after_his_machine(house: House) -> None:
    house.found = [ISSUE]
    watchman = house.hire(quiet=3600)
    watchman.look()
    assert (house.rounds, house.sweeps, house.pool.waiting) == (1, 0, [])


def test_a_task_that_comes_sends_him_back_to_his_post(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: seconds[0])
    watchman = house.hire(quiet=15)
    seconds[0] += 15
    watchman.look()
    assert house.sweeps == 1
    watchman.note_task(sender="Celery says more than he needs")
    watchman.look()
    assert house.sweeps == 1


def test_when_it_is_quiet_he_has_his_own_jobs_done_and_leaves_the_others_to_theirs(
    house: House, published: PublishedJobs
) -> None:
    house.found = [ISSUE, LETTER]
    house.hire().look()
    house.pool.work()
    assert house.done == [ISSUE]
    assert published.jobs == []


def test_a_job_that_still_waits_or_runs_is_not_given_out_twice(house: House) -> None:
    house.found = [ISSUE]
    watchman = house.hire()
    watchman.look()
    watchman.look()
    assert len(house.pool.waiting) == 1
    house.pool.work()
    watchman.look()
    assert len(house.pool.waiting) == 1


def test_a_job_that_fails_is_logged_and_may_be_given_out_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.found = [(Job.SEND_ISSUE, (13,))]
    watchman = house.hire()
    watchman.look()
    house.pool.work()
    watchman.look()
    assert len(house.pool.waiting) == 1
    assert "job deliveries.send (13,) failed: ValueError: unlucky" in caplog.text


def test_a_pool_that_has_closed_ends_nothing_badly(house: House) -> None:
    house.found = [ISSUE]
    closed = ThreadPoolExecutor(1)
    closed.shutdown()
    house.hire(pool=closed).look()
    assert house.done == []


def test_he_comes_round_again_and_again_until_the_process_stops(house: House) -> None:
    house.found = [ISSUE]
    with ThreadPoolExecutor(1) as pool:
        house.hire(pool=pool).start()
        wait_until(lambda: len(house.done) > 2, "three rounds")
        house.stopping.set()
        wait_until(lambda: not _is_watching(), "him to go home")


def test_whatever_he_runs_into_he_says_so_and_looks_again(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.failure = RuntimeError("the database is away")
    with caplog.at_level(logging.WARNING):
        house.hire().start()
        wait_until(lambda: house.rounds > 3, "four rounds")
    house.failure = None
    wait_until(lambda: house.sweeps > 0, "a round that is whole")
    assert "the watchman looks again" in caplog.text
    assert "RuntimeError: the database is away" in caplog.text


def _is_watching() -> bool:
    return any(thread.name == "watchman" for thread in threading.enumerate())
