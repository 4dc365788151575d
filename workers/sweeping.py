"""The task behind beat's tick: finds work that was lost."""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from service.db import transaction
from service.deliveries.sweep import sweep
from service.donations.upkeep import tend_gifts
from service.staff.alerting import post_alarms
from service.turns import take_turn
from service.wiring import Services

SWEEP = "sweep"
MINUTELY = timedelta(minutes=1)


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=SWEEP)
    def sweep_lost_work() -> None:
        """Free, finish and nudge by the rows. Safe to repeat and to run twice at once."""
        with transaction(services().factory) as session:
            sweep(session)
            if take_turn(session, "alarms by mail", MINUTELY):
                post_alarms(session)
        if services().gateway is not None:
            with transaction(services().factory) as session:
                tend_gifts(session)
