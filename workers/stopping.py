"""Whether this process was asked to stop. Owns the flag that a running send asks before each window; stops nothing.

Celery's warm shutdown waits for the running tasks, however long they take: so those must know at once.
"""

from threading import Event

from celery.signals import worker_shutting_down

STOPPING = Event()
_was_asked = False


@worker_shutting_down.connect
def _note_stop(**_: object) -> None:
    """Called in the signal's handler, while the process still does everything else.

    timeout(1) and others signal a process and its group: the second may come within the first one's handler, which
    holds the event's lock, and would wait for it for ever.
    """
    global _was_asked  # noqa: PLW0603 - a signal is of the whole process
    if not _was_asked:
        _was_asked = True
        STOPPING.set()


def is_stopping() -> bool:
    """Whether the process has been asked to end: finish what is on the wire, give back the rest."""
    return STOPPING.is_set()
