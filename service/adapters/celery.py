"""Jobs over Celery. Owns the client's settings that both publisher and worker share; holds no task."""

from celery import Celery
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from service.errors import Unavailable
from service.jobs import Job

BULK, POST = "bulk", "post"  # an issue going out must never stand before a confirmation
QUEUES = {Job.SEND_ISSUE: BULK}
NUDGE_EXPIRES = 30  # seconds; the sweep nudges again, so a late nudge is worth nothing


def make_celery(redis_url: str) -> Celery:
    """Return a Celery client: JSON, late acks, one task in hand, no results, and quick failure without a broker."""
    app = Celery("postrider", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_default_queue=POST,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        # Redelivery after a hard kill is scanned every interval × throttle; kombu's default is 100 s.
        broker_transport_options={
            "visibility_timeout": 3600,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_connect_timeout": 2,
            "socket_timeout": 10,
        },
        timezone="UTC",
        enable_utc=True,
    )
    return app


class CeleryPublisher:
    """Publishes jobs by name; see ``service.jobs.JobPublisher``."""

    def __init__(self, app: Celery) -> None:
        self._app = app

    def __call__(self, job: Job, *ids: int) -> None:
        """Publish within about two seconds, or raise ``Unavailable``: the sweep will."""
        try:
            self._app.send_task(
                job.value, args=ids, queue=QUEUES.get(job, POST), expires=NUDGE_EXPIRES, retry=False, ignore_result=True
            )
        except (OperationalError, RedisError, OSError) as problem:
            raise Unavailable("The broker does not answer.") from problem
