"""The task of one sign-up: decide about it and, in the same hand, deliver the letter that came of it."""

from collections.abc import Callable

from celery import Celery

from service.db import transaction
from service.errors import NotFound
from service.jobs import Job, keep_jobs
from service.subscribers.signup_handling import handle_sign_up
from service.wiring import Services
from workers.stopping import is_stopping


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=Job.HANDLE_SIGN_UP.value, shared=False)
    def handle_one_sign_up(sign_up_id: int) -> None:
        """Handle one sign-up. Safe to repeat: its outcome is set once, and its letter is claimed under a lease."""
        handle_and_deliver(services(), sign_up_id)


def handle_and_deliver(services: Services, sign_up_id: int) -> None:
    """Decide and deliver without a second way through the broker: somebody waits for the letter with the page open."""
    with keep_jobs() as kept:
        try:
            with transaction(services.factory) as session:
                handle_sign_up(session, sign_up_id)
        except NotFound:  # erased, or deleted by age, while the job waited
            return
    for job, ids in kept:
        if job is Job.DELIVER_LETTER:
            services.letter_sender.deliver(ids[0], is_stopping)
