"""The Celery application of a worker or beat process: settings, wiring, tasks and the ticks of beat."""

from functools import cache

from celery.signals import setup_logging

from service.settings import load_settings
from service.wiring import Services, wire
from workers import deliveries, donations, duties, importing, issues, letters, subscribers, sweeping, tracking
from workers.logs import log_plainly

THREADS = 8  # of the process that has most; see ``service.development.programs``


@cache
def services() -> Services:
    """Return this process's parts, built at first use."""
    return wire(load_settings(), pool_size=THREADS + 4)


app = services().celery
for room in (deliveries, donations, duties, importing, issues, letters, subscribers, sweeping, tracking):
    room.register(app, services)

# Beat only ticks: what is due is decided by the rows (schedules in the database survive any broker and any clock).
app.conf.beat_schedule = {
    "sweep": {"task": sweeping.SWEEP, "schedule": 5.0, "options": {"expires": 5}},
    "count hits": {"task": "tracking.count", "schedule": 2.0, "options": {"expires": 2}},
}


@setup_logging.connect
def _set_up_logging(**_: object) -> None:
    log_plainly()
