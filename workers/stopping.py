"""Whether this process was asked to stop. Owns the flag that a running send asks before each window; stops nothing.

Celery's warm shutdown waits for the running tasks, however long they take: so those must know at once.
"""

from threading import Event

from celery.signals import worker_shutting_down

STOPPING = Event()


@worker_shutting_down.connect
def _note_stop(**_: object) -> None:
    """Called in the signal's handler, while the process still does everything else."""
    STOPPING.set()


def is_stopping() -> bool:
    """Whether the process has been asked to end: finish what is on the wire, give back the rest."""
    return STOPPING.is_set()
