"""Job names, and the promise that a job leaves only after its transaction's commit. Never knows who carries them.

A job is a nudge: it carries ids, may arrive twice or never. The rows are the truth, and the sweep nudges again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Protocol

from sqlalchemy.orm import Session

from service.db import after_commit
from service.errors import Unavailable

log = logging.getLogger(__name__)

_kept: ContextVar[list[tuple["Job", tuple[int, ...]]] | None] = ContextVar("kept jobs", default=None)


class Job(StrEnum):
    """Every job by name; ``workers`` holds the task of the same name."""

    DELIVER_LETTER = "letters.deliver"
    SEND_ISSUE = "deliveries.send"
    SIGN_AHEAD = "deliveries.sign"
    TEND_AUDIENCE = "deliveries.audience"  # id: issue
    HANDLE_SIGN_UP = "subscribers.handle_sign_up"  # id: sign-up
    RUN_IMPORT = "subscribers.import"  # id: import
    UNDO_IMPORT = "subscribers.undo_import"  # id: import
    RUN_ARCHIVE = "issues.archive"  # id: archive of past issues
    COUNT_HITS = "tracking.count"
    HANDLE_EVENT = "inbox.handle"  # id: outside event
    SYNC_ATTEMPT = "donations.sync_attempt"  # id: attempt
    SEND_REFUND = "donations.refund"  # id: refund request
    CLOSE_PAGE = "donations.close_page"  # id: attempt
    CHANGE_RECURRING = "donations.change_recurring"  # id: recurring change
    FETCH_EVENTS = "donations.fetch_events"
    RECONCILE = "donations.reconcile"  # number: days to look back


class JobPublisher(Protocol):
    """Hands a job to the broker. Raises ``Unavailable`` when the broker is away."""

    def __call__(self, job: Job, *ids: int) -> None:
        """Publish ``job`` for the rows with these ids."""


class _Publishing:
    """The publisher in use; wiring sets it once per process."""

    publisher: JobPublisher | None = None


def use_publisher(publisher: JobPublisher) -> None:
    """Set who carries jobs in this process."""
    _Publishing.publisher = publisher


def enqueue(session: Session, job: Job, *ids: int) -> None:
    """Publish ``job`` once ``session`` has committed. A broker that is away is logged and left to the sweep."""
    after_commit(session, lambda: publish(job, *ids))


@contextmanager
def keep_jobs() -> Iterator[list[tuple[Job, tuple[int, ...]]]]:
    """Keep what this thread publishes inside the block instead of handing it to the broker: the caller does it."""
    kept: list[tuple[Job, tuple[int, ...]]] = []
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


def publish(job: Job, *ids: int) -> None:
    """Publish ``job`` now. A broker that is away costs nobody their request: the sweep finds the row again."""
    kept = _kept.get()
    if kept is not None:
        kept.append((job, ids))
        return
    if _Publishing.publisher is None:
        raise RuntimeError("no job publisher is set: call service.wiring.wire() at start")
    try:
        _Publishing.publisher(job, *ids)
    except Unavailable:
        log.debug("job %s %s waits for the sweep: the broker is away", job, ids)
