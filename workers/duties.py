"""What a worker process does besides its tasks, by the queues it takes: journals, the broker, and its watchman.

A step of Celery's worker, so that it begins before the broker is asked for the first time: a worker that starts while
the broker is away sends all the same.
"""

import gc
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from celery import Celery, bootsteps
from celery.signals import task_received

from service.deliveries.letter_marks import free_abandoned_letters
from service.deliveries.recovery import recover_journals
from service.jobs import Job
from service.wiring import Services
from workers.broker import BrokerCare
from workers.stopping import STOPPING
from workers.sweeping import sweep_everything, sweep_mail
from workers.watchman import QUIET, Watchman

# The queue whose process looks after everything that is not an issue on its way. Named as in ``service.adapters``.
_POST = "post"


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Have every worker of ``app`` watched."""

    class Duties(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
        """Starts the watchman once the pool is there."""

        requires = ("celery.worker.components:Pool",)

        def create(self, worker: Any) -> Watchman:
            """Return what Celery starts; it is asked for nothing else."""
            watchman = make_watchman(worker, services())
            gc.freeze()  # what is loaded by now stays for ever: the collector need not look at it at each full round
            task_received.connect(watchman.note_task)
            return watchman

        def stop(self, parent: Any) -> None:
            """Do nothing: the watchman has seen the flag that the signal set."""

    app.steps["worker"].add(Duties)


def make_watchman(worker: Any, services: Services, quiet: timedelta = QUIET) -> Watchman:
    """Return the watchman of a worker process that is starting; ``quiet``: see ``Watchman``.

    Raises:
        RuntimeError: its pool has no threads of this process.
    """
    pool = getattr(worker.pool, "executor", None)
    if pool is None:
        raise RuntimeError("Workers run in threads (-P threads): a busy prefork worker hangs at a warm stop.")
    app = worker.app
    queues = set(app.amqp.queues.consume_from)
    jobs = {job for job in Job if app.amqp.router.route({}, job.value)["queue"].name in queues}
    takes_post = _POST in queues
    care = BrokerCare(services.redis, services.factory) if takes_post else None

    def always() -> None:
        recover_journals(services.factory, services.settings.journal_dir)
        free_abandoned_letters(services.factory, services.settings.journal_dir)
        services.letter_sender.close_idle()
        if care is not None:
            care.look()

    def sweep() -> None:
        (sweep_everything if takes_post else sweep_mail)(services)

    def do(job: Job, ids: tuple[int, ...]) -> None:
        app.tasks[job.value](*ids)

    return Watchman(always=always, sweep=sweep, jobs=jobs, do=do, pool=pool, stopping=STOPPING, quiet=quiet)
