"""Looks into the database itself when no task comes. Owns when it does; what is done are the same jobs as ever.

So a broker that is dead, hung, full or emptied, a clock that stands still, or a consumer that was forgotten by its
broker (celery#8030, #9054, #10205) never stops mail. A thread in each worker process; the jobs that it finds are done
by the threads of the worker's own pool, so that a process never sends more at once than it was started for.
"""

import logging
import threading
from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from datetime import timedelta
from time import monotonic
from typing import Final

from service.errors import describe_failure
from service.jobs import Job, keep_jobs

log = logging.getLogger(__name__)

QUIET: Final = timedelta(seconds=15)  # ticks come every few seconds: so long without a task is no accident
LOOK_EVERY: Final = timedelta(seconds=5)
LOOK_AGAIN: Final = timedelta(seconds=1)  # after a job is done: it may have left work for the next
LONGEST_REST: Final = timedelta(seconds=60)  # while the database is away: 10 s, 20 s, 40 s

Kept = tuple[Job, tuple[int, ...]]


class Watchman:
    """Watches over one worker process; see above. ``note_task`` may be called from any thread."""

    def __init__(
        self,
        *,
        always: Callable[[], None],
        sweep: Callable[[], None],
        jobs: Collection[Job],
        do: Callable[[Job, tuple[int, ...]], None],
        pool: Executor,
        stopping: threading.Event,
        quiet: timedelta = QUIET,
    ) -> None:
        """Take the process's duties.

        Args:
            always: what is looked after on this machine in every round, whatever the broker does.
            sweep: finds lost work in the rows and publishes it; what this process takes of it is done here.
            jobs: those that this process takes.
            do: carries out one job.
            pool: the worker's own threads.
            stopping: set once the process is to end.
            quiet: how long no task must have come before it steps in.
        """
        self._always, self._sweep, self._jobs, self._do = always, sweep, frozenset(jobs), do
        self._pool, self._stopping, self._quiet = pool, stopping, quiet.total_seconds()
        self._in_hand: set[Kept] = set()
        self._lock = threading.Lock()
        self._is_done = threading.Event()
        self._rest = LOOK_EVERY.total_seconds()
        self._task_came_at = monotonic()

    def start(self) -> None:
        """Begin to watch, in a thread that does not keep the process alive."""
        threading.Thread(target=self._watch, name="watchman", daemon=True).start()

    def note_task(self, **_: object) -> None:
        """A task has come: broker, clock and consumer live. Takes what Celery's signals say."""
        self._task_came_at = monotonic()

    @property
    def is_quiet(self) -> bool:
        """Whether no task has come for too long."""
        return monotonic() - self._task_came_at >= self._quiet

    def look(self) -> None:
        """Look once: after this machine's own things always, after lost work when it is quiet."""
        self._always()
        if self.is_quiet:
            with keep_jobs() as kept:
                self._sweep()
            for job, ids in kept:
                if job in self._jobs:
                    self._hand_over((job, ids))

    def _watch(self) -> None:
        while not self._stopping.is_set():
            try:
                self.look()
                self._rest = LOOK_EVERY.total_seconds()
            except Exception as problem:  # noqa: BLE001 - whatever a look runs into, the next one must come
                self._rest = min(self._rest * 2, LONGEST_REST.total_seconds())
                log.warning("the watchman looks again in %.0f s: %s", self._rest, describe_failure(problem))
            self._pause()

    def _pause(self) -> None:
        """Wait for the next round: it comes sooner when a job was done, and not at all once the process stops."""
        if self._stopping.wait(LOOK_AGAIN.total_seconds()):
            return
        self._is_done.wait(self._rest - LOOK_AGAIN.total_seconds())
        self._is_done.clear()

    def _hand_over(self, work: Kept) -> None:
        """Give a job to the pool, unless it waits there already."""
        with self._lock:
            if work in self._in_hand:
                return
            self._in_hand.add(work)
        try:
            self._pool.submit(self._do, *work).add_done_callback(lambda future: self._note_done(work, future))
        except RuntimeError:  # the pool has closed: the process stops
            self._in_hand.discard(work)

    def _note_done(self, work: Kept, future: "Future[None]") -> None:
        with self._lock:
            self._in_hand.discard(work)
        problem = None if future.cancelled() else future.exception()
        if problem is not None:
            log.error("job %s %s failed: %s", *work, describe_failure(problem))
        self._is_done.set()
