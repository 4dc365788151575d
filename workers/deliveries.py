"""The task that sends an issue's waiting copies."""

from collections.abc import Callable

from celery import Celery

from service.jobs import Job
from service.wiring import Services


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=Job.SEND_ISSUE.value)
    def send_issue(issue_id: int) -> None:
        """Wake a sender. Safe to repeat: rows are claimed under locks."""
        services().sender.send_waiting(issue_id)
