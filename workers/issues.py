"""The task that brings in past issues."""

from collections.abc import Callable

from celery import Celery

from service.issues.past.running import run_archive
from service.jobs import Job
from service.wiring import Services


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=Job.RUN_ARCHIVE.value, shared=False)
    def go_on(archive_id: int) -> None:
        """Examine an archive's posts, or bring them in, from where it stands. Safe to repeat: see ``run_archive``."""
        run_archive(services().factory, archive_id)
