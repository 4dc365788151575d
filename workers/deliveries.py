"""The tasks that send an issue's waiting copies, sign those of issues that are held, and plan a large audience."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from celery import Celery

from service.db import transaction
from service.deliveries.audiences import tend_audience
from service.deliveries.signing import count_unsigned, sign_due_batches
from service.jobs import Job, enqueue
from service.wiring import Services
from workers.stopping import is_stopping

# An issue whose time comes meanwhile waits for so long at most.
SIGNING_SLICE: Final = timedelta(seconds=10)


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the tasks to ``app``."""

    @app.task(name=Job.SEND_ISSUE.value, shared=False)
    def send_issue(issue_id: int) -> None:
        """Wake a sender. Safe to repeat: batches are claimed under locks."""
        services().sender.send_waiting(issue_id, is_stopping)

    @app.task(name=Job.SIGN_AHEAD.value, shared=False)
    def sign_ahead() -> None:
        """Sign for a while what is held. Safe to repeat: the first signature of a batch stays."""
        parts = services()
        sign_due_batches(parts.factory, parts.composers, SIGNING_SLICE, is_stopping)
        with transaction(parts.factory) as session:
            if count_unsigned(session, parts.composers):
                enqueue(session, Job.SIGN_AHEAD)

    @app.task(name=Job.TEND_AUDIENCE.value, shared=False)
    def tend(issue_id: int) -> None:
        """Plan a large audience, or take it down, for a while. Safe to repeat: a person has one copy of an issue."""
        tend_audience(services().factory, issue_id, should_stop=is_stopping)
