"""Which mails of a window may leave now. Owns the order in which limits are asked; a held mail is no attempt.

Where no limit is set or learnt it asks nobody.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from service.db import SessionFactory, transaction
from service.routes.buckets import DATABASE_CLOCK, DatabaseClock
from service.routes.lessons import WHOLE_ROUTE, Lessons, Limit
from service.routes.limiter import SharedLimiter
from service.routes.warmup import take_of_day
from service.settings import Route

LONGEST_WAIT: Final = 300.0  # seconds: a pace recovers, so nobody is told to come back much later than that


class Pacer:
    """Grants mails against every limit of a route."""

    def __init__(
        self,
        lessons: Lessons,
        limiter: SharedLimiter,
        factory: SessionFactory,
        clock: DatabaseClock = DATABASE_CLOCK,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lessons, self._limiter, self._factory = lessons, limiter, factory
        self._clock, self._monotonic = clock, monotonic

    def grant(self, route: Route, recipients: Sequence[str], *, urgent: bool = False) -> list[float]:
        """Return for each recipient how many seconds its mail waits; 0.0 may leave now.

        ``urgent`` mails may borrow a bucket's whole content in advance, and a warm-up only counts them.
        """
        limits = self._lessons.known().of(route.name)
        if not limits and route.per_second is None and route.warm_up is None:
            return [0.0] * len(recipients)
        window = _Window(self._limiter, recipients, urgent=urgent)
        now = self._monotonic()
        whole = limits.get(WHOLE_ROUTE)
        if whole is not None and whole.quiet_until > now:
            return [whole.quiet_until - now] * len(recipients)
        window.hold_domains(route.name, limits, now)
        rates = [rate for rate in (route.per_second, whole.per_second if whole else None) if rate is not None]
        if rates:
            window.spend(route.name, min(rates), window.leaving())
        if route.warm_up is not None:
            self._count_day(route.name, route.warm_up, window)
        window.settle()
        return window.waits

    def _count_day(self, route: str, first_day: date, window: "_Window") -> None:
        leaving = window.leaving()
        if not leaving:
            return
        try:
            with transaction(self._factory) as session:
                granted = take_of_day(
                    session, route, first_day, len(leaving), is_urgent=window.urgent, clock=self._clock
                )
        except SQLAlchemyError:
            granted = 0  # nothing can be recorded either
        for place in leaving[granted:]:
            window.waits[place] = LONGEST_WAIT


class _Window:
    """The mails asked about, and the tokens taken for them so far."""

    def __init__(self, limiter: SharedLimiter, recipients: Sequence[str], *, urgent: bool) -> None:
        self.waits = [0.0] * len(recipients)
        self.urgent = urgent
        self._limiter, self._recipients = limiter, recipients
        self._spent: list[tuple[str, float, float, list[int]]] = []

    def leaving(self) -> list[int]:
        """Return the places of the mails that nothing holds yet."""
        return [place for place, wait in enumerate(self.waits) if not wait]

    def hold_domains(self, route: str, limits: Mapping[str, Limit], now: float) -> None:
        """Ask the limits of the recipients' domains, where there are any."""
        by_domain: dict[str, list[int]] = {}
        for place, recipient in enumerate(self._recipients):
            domain = domain_of(recipient)
            if domain in limits:
                by_domain.setdefault(domain, []).append(place)
        for domain, places in by_domain.items():
            limit = limits[domain]
            if limit.quiet_until > now:
                self._hold(places, limit.quiet_until - now)
            elif limit.per_second is not None:
                self.spend(f"{route}/{domain}", limit.per_second, places)

    def spend(self, bucket: str, per_second: float, places: list[int]) -> None:
        """Take a token for each place out of one bucket; the rest waits for its turn at this rate."""
        burst = max(1.0, per_second)
        debt = burst if self.urgent else 0.0
        granted = self._limiter.take(bucket, per_second, burst, len(places), debt) if places else 0
        self._spent.append((bucket, per_second, burst, places[:granted]))
        for turn, place in enumerate(places[granted:], start=1):
            self._hold([place], min(turn / per_second, LONGEST_WAIT))

    def settle(self) -> None:
        """Give back the tokens of mails that another limit holds after all."""
        for bucket, per_second, burst, places in self._spent:
            unused = sum(1 for place in places if self.waits[place])
            if unused:
                self._limiter.give_back(bucket, per_second, burst, unused)

    def _hold(self, places: list[int], wait: float) -> None:
        for place in places:
            self.waits[place] = wait


def domain_of(recipient: str) -> str:
    """Return an address's domain as paces are kept by."""
    return recipient.rpartition("@")[2].lower()
