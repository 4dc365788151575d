"""What a worker process says. Owns that a broker that is away for hours fills no disk: one sentence a minute."""

import logging
import warnings
from time import monotonic
from typing import Final

from celery.exceptions import CPendingDeprecationWarning

SAY_AGAIN: Final = 60.0  # seconds

# They say each failure of the broker at every try, some with its whole stack.
_REPEATING: Final = (
    *("celery.beat", "celery.worker.consumer.consumer", "celery.worker.loops"),
    *("kombu.asynchronous.hub", "kombu.transport.redis"),
)
_QUIET: Final = ("celery.worker.strategy", "celery.app.trace", "stripe", "fontTools")


class Sparing(logging.Filter):
    """Lets each sentence of a logger through once a minute, without the stack."""

    def __init__(self) -> None:
        super().__init__()
        self._said_at: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether this record is to be said."""
        if record.levelno < logging.WARNING:
            return True
        key = (record.name, str(record.msg))
        if monotonic() - self._said_at.get(key, float("-inf")) < SAY_AGAIN:
            return False
        self._said_at[key] = monotonic()
        record.exc_info, record.exc_text = None, None
        return True


def log_plainly() -> None:
    """Set up the logging of a process: plain lines on the standard error."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    sparing = Sparing()
    for name in _REPEATING:
        logging.getLogger(name).addFilter(sparing)
    logging.getLogger("celery.beat").setLevel(logging.WARNING)
    # Celery explains at every loss of the broker that its version 6 will cut running tasks then; we keep them.
    warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
