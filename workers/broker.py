"""Whether the broker takes jobs, asked by writing into it. Owns the alarm when it does not; mail never waits for it."""

import logging
from datetime import timedelta
from time import monotonic
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from service.alarms.raising import raise_alarm, withdraw_alarm
from service.db import SessionFactory, transaction

log = logging.getLogger(__name__)

ALARM: Final = "broker"
ALARM_AFTER: Final = timedelta(minutes=2)
_MARK, _MARK_LIVES = "postrider:asked", 60


class BrokerCare:
    """Remembers since when the broker has failed. For one thread."""

    def __init__(self, redis: "Redis", factory: SessionFactory, alarm_after: timedelta = ALARM_AFTER) -> None:
        self._redis, self._factory = redis, factory
        self._patience = alarm_after.total_seconds()
        self._fails_since: float | None = None
        self._is_told: bool | None = None  # None: an alarm of the process before this one may still stand

    def look(self) -> None:
        """Ask the broker; raise the alarm once it has failed for too long, withdraw it once it is back."""
        problem = self._ask()
        if problem is None:
            self._fails_since = None
            self._tell(None)
        elif self._fails_since is None:
            self._fails_since = monotonic()
        elif monotonic() - self._fails_since >= self._patience:
            self._tell(problem)

    def _ask(self) -> str | None:
        """Return why the broker does not take a write; a reading alone would succeed on a full one."""
        try:
            self._redis.set(_MARK, 1, ex=_MARK_LIVES)
        except (RedisError, OSError) as problem:
            return str(problem)
        return None

    def _tell(self, problem: str | None) -> None:
        if self._is_told is (problem is not None):
            return
        with transaction(self._factory) as session:
            if problem is None:
                withdraw_alarm(session, ALARM)
            else:
                raise_alarm(session, ALARM, _describe(self._patience, problem))
        self._is_told = problem is not None


def _describe(seconds: float, problem: str) -> str:
    return (
        f"The broker has not taken jobs for {seconds / 60:.0f} minutes. It says: {problem.rstrip('.')}. Mail and gifts "
        "go on without it, each some seconds later. Please look at the server behind REDIS_URL."
    )
