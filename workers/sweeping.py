"""The task behind beat's tick: finds work that was lost. A process's watchman calls the same when no tick comes.

Beat only ticks, and may tick twice or never: what is due is decided by the rows, once.
"""

from collections.abc import Callable
from datetime import timedelta

from celery import Celery

from service.db import transaction
from service.deliveries.audiences import nudge_audiences
from service.deliveries.invariant import watch_invariant
from service.deliveries.relay_alarm import withdraw_refusal
from service.deliveries.signing import count_unsigned
from service.deliveries.starting import start_each_due_issue
from service.deliveries.sweep import sweep
from service.donations.upkeep import tend_gifts
from service.errors import Conflict
from service.issues.past.running import nudge_archives
from service.jobs import Job, enqueue
from service.staff.alerting import post_alarms
from service.subscribers.address_change import forget_old_changes
from service.subscribers.importing.upkeep import tend_imports
from service.subscribers.own_page import forget_old_requests
from service.subscribers.signup_upkeep import tend_sign_ups
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


def sweep_mail(services: Services) -> bool:
    """Free, finish and nudge, start the issues whose time has come, and have held ones signed. Safe to repeat.

    Returns whether this database may send from here; where it may not, nothing is touched. Each step is a transaction
    of its own: an issue that can't be started, or not be signed, holds up no other's mail.
    """
    try:
        services.guard.refuse_foreign()
    except Conflict:  # the guard has said why
        return False
    with transaction(services.factory) as session:
        sweep(session)
        nudge_audiences(session)
    start_each_due_issue(services.factory)
    with transaction(services.factory) as session:
        if count_unsigned(session, services.composers):
            enqueue(session, Job.SIGN_AHEAD)
    return True


def sweep_everything(services: Services) -> None:
    """The same, and what else is done from time to time. Safe to repeat."""
    may_send = sweep_mail(services)
    with transaction(services.factory) as session:
        if take_turn(session, "the sum of the states", MINUTELY):
            watch_invariant(session)
        if may_send and take_turn(session, "alarms by mail", MINUTELY):
            withdraw_refusal(session)
            post_alarms(session)
    with transaction(services.factory) as session:
        tend_sign_ups(session)
        forget_old_changes(session)
        forget_old_requests(session)
        tend_imports(session)
        nudge_archives(session)
    if services.gateway is not None:
        with transaction(services.factory) as session:
            tend_gifts(session)
