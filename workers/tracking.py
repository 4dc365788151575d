"""The task that judges new hits, so that they count."""

from collections.abc import Callable

from celery import Celery

from service.db import transaction
from service.deliveries.queries import find_sent_at
from service.jobs import Job
from service.tracking.recording import judge_hits
from service.wiring import Services


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=Job.COUNT_HITS.value, shared=False)
    def count_hits() -> None:
        """Judge every hit that waits, a thousand in a transaction. Safe to repeat: judged hits are done."""
        while True:
            with transaction(services().factory) as session:
                if not judge_hits(session, find_sent_at):
                    return
