"""The task behind beat's tick: finds work that was lost. A process's watchman calls the same when no tick comes.

Beat only ticks, and may tick twice or never: what is due is decided by the rows, once.
"""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from service.db import transaction
from service.deliveries.invariant import watch_invariant
from service.deliveries.signing import count_unsigned
from service.deliveries.starting import start_due_issues
from service.deliveries.sweep import sweep
from service.donations.upkeep import tend_gifts
from service.errors import Conflict
from service.jobs import Job, enqueue
from service.staff.alerting import post_alarms
from service.turns import take_turn
from service.wiring import Services

SWEEP = "sweep"
MINUTELY = timedelta(minutes=1)


def register(app: Celery, services: Callable[[], Services]) -> None:
    """Add the task to ``app``."""

    @app.task(name=SWEEP, shared=False)
    def sweep_lost_work() -> None:
        """Free, finish and nudge by the rows. Safe to repeat and to run twice at once."""
        sweep_everything(services())


def sweep_mail(services: Services) -> None:
    """Free, finish and nudge, start the issues whose time has come, and have held ones signed. Safe to repeat.

    Nothing is touched where this database may not send from here. Each step is a transaction of its own: an issue that
    can't be started, or not be signed, holds up no other's mail.
    """
    try:
        services.guard.refuse_foreign()
    except Conflict:  # the guard has said why
        return
    with transaction(services.factory) as session:
        sweep(session)
    with transaction(services.factory) as session:
        start_due_issues(session)
    with transaction(services.factory) as session:
        if count_unsigned(session, services.composers):
            enqueue(session, Job.SIGN_AHEAD)


def sweep_everything(services: Services) -> None:
    """The same, and what else is done from time to time. Safe to repeat."""
    sweep_mail(services)
    with transaction(services.factory) as session:
        if take_turn(session, "the sum of the states", MINUTELY):
            watch_invariant(session)
        if take_turn(session, "alarms by mail", MINUTELY):
            post_alarms(session)
    if services.gateway is not None:
        with transaction(services.factory) as session:
            tend_gifts(session)
