"""The task that delivers one letter."""

from collections.abc import Callable

from celery import Celery

from service.jobs import Job
from service.wiring import Services
from workers.stopping import is_stopping


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=Job.DELIVER_LETTER.value, shared=False)
    def deliver_letter(letter_id: int) -> None:
        """Send the letter if it is due. Safe to repeat: it is claimed under a lease."""
        services().letter_sender.deliver(letter_id, is_stopping)
