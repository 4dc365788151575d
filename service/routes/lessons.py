"""What the fleet has learnt about its routes, kept in the database. Owns reading it once in a while and adding to it.

Quiet times are set and ended by the database's clock; a process turns what is left of them into its own seconds.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm, withdraw_alarm
from service.db import SessionFactory, transaction
from service.routes.buckets import DATABASE_CLOCK, DatabaseClock
from service.routes.learning import UNLIMITED, Speed, slow_down, speed_up
from service.routes.models import Pace, RouteDay
from service.routes.warmup import day_of

log = logging.getLogger(__name__)

WHOLE_ROUTE: Final = ""  # where a domain would stand
FRESH_FOR: Final = 5.0  # seconds that what was read holds
EASE_EVERY: Final = timedelta(minutes=1)
KEPT_FOR: Final = timedelta(days=1)  # a lesson that nobody met again since is about another day's mail
# One sentence stands for every relay that refuses us, whoever met it first: an issue, a letter, another process.
REFUSED_ALARM: Final = "relay:refuses"


@dataclass(frozen=True, slots=True)
class Limit:
    """How one route, or one recipient domain on it, is held back. ``quiet_until`` is on this process's own clock."""

    per_second: float | None
    quiet_until: float
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """Everything learnt, as it was read: limits by route and domain, and mails of ``today`` by route in its warm-up."""

    limits: Mapping[str, Mapping[str, Limit]] = field(default_factory=dict)
    taken: Mapping[str, int] = field(default_factory=dict)
    today: date | None = None

    def of(self, route: str) -> Mapping[str, Limit]:
        """Return the limits of a route by domain; ``WHOLE_ROUTE`` is its own."""
        return self.limits.get(route, _NONE)


_NONE: Final[Mapping[str, Limit]] = {}


class Lessons:
    """The fleet's memory. While the database is away it keeps to what it read last and learns nothing; never raises."""

    def __init__(
        self,
        factory: SessionFactory,
        clock: DatabaseClock = DATABASE_CLOCK,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._factory, self._clock, self._monotonic = factory, clock, monotonic
        self._known, self._stale_at = Known(), float("-inf")

    def known(self) -> Known:
        """Return what was learnt, at most some seconds old: a query once in a while, never one for each mail."""
        if self._monotonic() >= self._stale_at:
            self._stale_at = self._monotonic() + FRESH_FOR
            self._try(self._read)
        return self._known

    def note_trouble(
        self, route: str, domain: str, rest: float, reason: str, observed: float, *, had_success: bool
    ) -> None:
        """Rest ``rest`` seconds and go slower after that (``learning.slow_down``).

        While it rests already nothing is added: mails that were on the wire meet the same trouble a moment later.
        """
        self._try(lambda session: self._slow(session, (route, domain), rest, reason, observed, had_success))

    def note_success(self, route: str, domains: Collection[str]) -> None:
        """Let ``domains`` of a route, which took mail just now, go a little faster: once a minute for the fleet."""
        self._try(lambda session: self._ease(session, route, domains))

    def note_refusal(self, sentence: str) -> None:
        """Put before staff that a relay will not have us at all."""
        self._try(lambda session: raise_alarm(session, REFUSED_ALARM, sentence))

    def note_silence(self, route: str, words: str) -> None:
        """Put before staff that a relay does not answer, for as long as it does not."""
        sentence = f"The relay {route} has not answered for some minutes ({words}). Mail waits or goes elsewhere."
        self._try(lambda session: raise_alarm(session, f"relay:silent:{route}", sentence))

    def note_back(self, route: str) -> None:
        """Take that alarm back."""
        self._try(lambda session: withdraw_alarm(session, f"relay:silent:{route}"))

    def _try(self, work: Callable[[Session], None]) -> None:
        try:
            with transaction(self._factory) as session:
                work(session)
        except SQLAlchemyError as problem:
            log.warning("nothing is learnt about routes: the database does not answer (%s)", type(problem).__name__)

    def _read(self, session: Session) -> None:
        session.execute(delete(Pace).where(Pace.changed_at <= self._clock() - KEPT_FOR))
        left = func.extract("epoch", Pace.quiet_until - self._clock())
        limits: dict[str, dict[str, Limit]] = {}
        now = self._monotonic()
        for route, domain, per_second, seconds, reason in session.execute(
            select(Pace.route, Pace.domain, Pace.per_second, left, Pace.reason)
        ):
            limits.setdefault(route, {})[domain] = Limit(per_second, now + float(seconds or 0.0), reason or "")
        today = session.execute(select(day_of(self._clock))).scalar_one()
        taken = session.execute(select(RouteDay.route, RouteDay.taken).where(RouteDay.day == today))
        self._known = Known(limits, dict(taken.all()), today)

    def _slow(
        self, session: Session, key: tuple[str, str], rest: float, reason: str, observed: float, had_success: bool
    ) -> None:
        fresh = insert(Pace).values(route=key[0], domain=key[1], changed_at=self._clock())
        session.execute(fresh.on_conflict_do_nothing())
        row = session.scalars(
            select(Pace)
            .where(Pace.route == key[0], Pace.domain == key[1])
            .where(or_(Pace.quiet_until.is_(None), Pace.quiet_until <= self._clock()))
            .with_for_update()
        ).one_or_none()
        if row is None:
            return
        speed = slow_down(Speed(row.per_second, row.before), observed, had_success=had_success)
        row.per_second, row.before, row.reason = speed.per_second, speed.before, reason
        row.quiet_until = self._clock() + timedelta(seconds=rest)
        row.changed_at = self._clock()
        self._stale_at = float("-inf")

    def _ease(self, session: Session, route: str, domains: Collection[str]) -> None:
        rows = session.scalars(
            select(Pace)
            .where(Pace.route == route, Pace.domain.in_(domains))
            .where(Pace.changed_at <= self._clock() - EASE_EVERY)
            .where(or_(Pace.quiet_until.is_(None), Pace.quiet_until <= self._clock()))
            .with_for_update(skip_locked=True)
        )
        for row in rows:
            speed = speed_up(Speed(row.per_second, row.before))
            if speed is UNLIMITED:
                session.delete(row)
            else:
                row.per_second, row.changed_at = speed.per_second, self._clock()
            self._stale_at = float("-inf")


def forget_lessons(session: Session, route: str) -> None:
    """Forget what was learnt about a route and its domains; its warm-up goes on. Safe to repeat."""
    session.execute(delete(Pace).where(Pace.route == route))
