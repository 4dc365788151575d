"""The Celery application of a worker or beat process: settings, wiring, tasks and the ticks of beat."""

import logging
from functools import cache

from celery.signals import setup_logging

from service.settings import load_settings
from service.wiring import Services, wire
from workers import deliveries, donations, letters, sweeping, tracking

THREADS = 4


@cache
def services() -> Services:
    """Return this process's parts, built at first use."""
    return wire(load_settings(), pool_size=THREADS + 4)


app = services().celery
for room in (deliveries, donations, letters, sweeping, tracking):
    room.register(app, services)

# Beat only ticks: what is due is decided by the rows (schedules in the database survive any broker and any clock).
app.conf.beat_schedule = {
    "sweep": {"task": sweeping.SWEEP, "schedule": 5.0, "options": {"expires": 5}},
    "count hits": {"task": "tracking.count", "schedule": 2.0, "options": {"expires": 2}},
}


@setup_logging.connect
def _log_plainly(**_: object) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("celery.worker.strategy").setLevel(logging.WARNING)
    logging.getLogger("celery.app.trace").setLevel(logging.WARNING)
    logging.getLogger("celery.beat").setLevel(logging.WARNING)
    logging.getLogger("stripe").setLevel(logging.WARNING)
