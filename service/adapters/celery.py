"""Jobs over Celery. Owns the client's settings that both publisher and worker share, and how long a broker that is
away may cost anybody; holds no task.
"""

import logging
from threading import Lock
from time import monotonic
from typing import Final

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from service.errors import Unavailable
from service.jobs import Job

log = logging.getLogger(__name__)

BULK, POST = "bulk", "post"  # an issue going out must never stand before a confirmation
QUEUES = {Job.SEND_ISSUE: BULK, Job.SIGN_AHEAD: BULK}
NUDGE_EXPIRES = 30  # seconds; the sweep nudges again, so a late nudge is worth nothing

# Seconds. A hung broker costs the one request that finds out this long; the others go on at once until the next try.
_ANSWERS_WITHIN: Final = 2
_REST: Final = 5
_SAY_AGAIN: Final = 60


def make_celery(redis_url: str) -> Celery:
    """Return a Celery client: JSON, late acks, one task in hand, no results, and quick failure without a broker."""
    app = Celery("postrider", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_default_queue=POST,
        task_routes={job.value: {"queue": queue} for job, queue in QUEUES.items()},
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        # Nobody asks workers over the broker, the rows say what they do: one connection less to come back with.
        worker_enable_remote_control=False,
        broker_connection_retry_on_startup=True,
        # For ever: Celery's default gives up after a hundred tries, and a worker also works without a broker.
        broker_connection_max_retries=None,
        # A broker that becomes a replica or is full answers with an error; without this the worker ends at the first.
        broker_channel_error_retry=True,
        broker_connection_timeout=_ANSWERS_WITHIN,
        broker_transport_options={
            "visibility_timeout": 3600,
            # Redelivery after a hard kill is scanned every interval × throttle; kombu's default is 100 s.
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": _ANSWERS_WITHIN,
            "socket_timeout": _ANSWERS_WITHIN,
            # A consumer whose broker hangs is replaced after twice this (kombu's default 25 s).
            "health_check_interval": 5,
            # A publisher never waits for a second try: the sweep is one.
            "max_retries": 0,
        },
        timezone="UTC",
        enable_utc=True,
    )
    return app


class CeleryPublisher:
    """Publishes jobs by name; see ``service.jobs.JobPublisher``. Safe for many threads.

    After a failure nobody asks the broker for a few seconds, and then one caller tries for all.
    """

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._lock = Lock()
        self._rests_until = 0.0
        self._said_at: float | None = None

    def __call__(self, job: Job, *ids: int) -> None:
        """Publish within about two seconds, or raise ``Unavailable``: the sweep will."""
        if not self._may_try():
            raise Unavailable("The broker did not answer a moment ago.")
        try:
            self._app.send_task(job.value, args=ids, expires=NUDGE_EXPIRES, retry=False, ignore_result=True)
        except (OperationalError, RedisError, OSError) as problem:
            self._rest(problem)
            raise Unavailable("The broker does not take jobs.") from problem
        self._rests_until = 0.0

    def _may_try(self) -> bool:
        with self._lock:
            if self._rests_until == 0.0:
                return True
            if monotonic() < self._rests_until:
                return False
            self._rests_until = monotonic() + _REST  # for the others, while this caller tries
            return True

    def _rest(self, problem: Exception) -> None:
        with self._lock:
            self._rests_until = monotonic() + _REST
            if self._said_at is None or monotonic() - self._said_at >= _SAY_AGAIN:
                self._said_at = monotonic()
                log.warning("the broker does not take jobs, the sweep will find their rows: %s", problem)
