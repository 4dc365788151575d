"""What a sending process of the fault tests does: what a worker does, for one issue: recover, send, sweep, again.

It builds its own parts from the settings. Never shares anything else with the test.
"""

import logging
import os
import signal
import time
from collections.abc import Callable
from types import FrameType

from sqlalchemy.exc import DBAPIError

from service.db import transaction
from service.deliveries.recovery import recover_journals
from service.deliveries.sending import Sender
from service.deliveries.sweep import sweep
from service.issues.models import Issue
from service.issues.states import IssueState
from service.jobs import Job, use_publisher
from service.settings import Settings
from service.wiring import Services, wire

log = logging.getLogger(__name__)

Change = Callable[[Sender], Sender]
_PAUSE = 0.02  # seconds


def send_issue(settings: Settings, issue_id: int, change: Change | None = None) -> None:
    """Send until nothing of the issue is open, or until told to stop.

    Args:
        settings: of the machine that this process stands for.
        issue_id: what to send.
        change: a function of a module that exchanges parts of the sender before it begins.
    """
    settings.journal_dir.mkdir(parents=True, exist_ok=True)
    logging.basicConfig(filename=settings.journal_dir / f"sender-{os.getpid()}.log", level=logging.INFO)
    stopping = _listen_for_stop()
    services = wire(settings, pool_size=2)
    use_publisher(_forget)
    sender = change(services.sender) if change else services.sender
    is_running = True
    while is_running and not stopping:
        try:
            recover_journals(services.factory, settings.journal_dir)
            sender.send_waiting(issue_id, should_stop=lambda: bool(stopping))
            with transaction(services.factory) as session:
                sweep(session)
            is_running = _is_running(services, issue_id)
        except DBAPIError as problem:  # a task fails, and the next one comes
            log.warning("the next round comes in spite of %s", problem)
        time.sleep(_PAUSE)


def _listen_for_stop() -> list[int]:
    """Return a list that has something in it once the process was asked to stop."""
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGTERM, stop)
    return stopping


def _is_running(services: Services, issue_id: int) -> bool:
    with transaction(services.factory) as session:
        return session.get_one(Issue, issue_id).state is IssueState.SENDING


def _forget(job: Job, *ids: int) -> None:
    """Stand where the broker would be: these processes look for work themselves."""
