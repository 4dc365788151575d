"""The tasks that bring in a file of people, and take it back."""

from collections.abc import Callable

from celery import Celery

from service.jobs import Job
from service.subscribers.importing.running import run_import
from service.subscribers.importing.undo import undo_import
from service.wiring import Services


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the tasks to ``app``."""

    @app.task(name=Job.RUN_IMPORT.value, shared=False)
    def bring_in(import_id: int) -> None:
        """Bring in a stored file from where it stands. Safe to repeat: its lease lets one process in."""
        run_import(services().factory, import_id)

    @app.task(name=Job.UNDO_IMPORT.value, shared=False)
    def take_back(import_id: int) -> None:
        """Take an import back. Safe to repeat: what is gone is gone."""
        undo_import(services().factory, import_id)
