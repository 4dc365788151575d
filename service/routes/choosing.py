"""Which relay takes the next mails. Owns weights, failover and the first word on every limit; SMTP is an adapter's.

One object for each process. Every method uses short transactions of its own: call them outside any other.
"""

import time
from collections.abc import Callable, Collection, Sequence
from random import Random

from service.db import SessionFactory
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import Relay, RelayAway, RelaySession, Witness
from service.routes.buckets import DATABASE_CLOCK, DatabaseClock
from service.routes.learning import describe
from service.routes.lessons import WHOLE_ROUTE, Lessons
from service.routes.limiter import SharedLimiter
from service.routes.observing import Observer
from service.routes.pacing import LONGEST_WAIT, Pacer
from service.routes.warmup import limit_of_day
from service.settings import Route


class NoRoute(RelayAway):
    """No relay takes mail now. It is worth asking again after ``wait`` seconds.

    ``outcome`` is a refusal only where every route refused us, so that waiting would not help.
    """

    def __init__(self, message: str, outcome: Outcome, wait: float) -> None:
        super().__init__(message, outcome)
        self.wait = wait


class Routes:
    """The relays of the house, shared by all threads of a process."""

    def __init__(
        self,
        relays: Sequence[tuple[Route, Relay]],
        factory: SessionFactory,
        limiter: SharedLimiter,
        *,
        clock: DatabaseClock = DATABASE_CLOCK,
        monotonic: Callable[[], float] = time.monotonic,
        chance: Random | None = None,
    ) -> None:
        self._relays = {route.name: (route, relay) for route, relay in relays}
        self._monotonic = monotonic
        self._chance = chance or Random()  # noqa: S311 - spreads load and retries, keeps no secret
        self._lessons = Lessons(factory, clock, monotonic)
        self._pacer = Pacer(self._lessons, limiter, factory, clock, monotonic)
        self._observer = Observer(self._lessons, monotonic, self._chance)
        self._away_until: dict[str, float] = {}

    def open(self, witness: Witness | None = None, connections: int | None = None) -> tuple[str, RelaySession]:
        """Return a route's name and an open session: routes by weight, the next one where one fails, spares last.

        Raises:
            NoRoute: when none takes mail now.
        """
        failures: list[Outcome] = []
        for route, relay in self._in_order():
            try:
                session = relay.open(witness, connections)
            except RelayAway as away:
                self._note_away(route.name, away.outcome)
                failures.append(away.outcome)
            else:
                self._observer.note_back(route.name)
                return route.name, session
        raise self._no_route(failures)

    def grant(self, route: str, recipients: Sequence[str], *, urgent: bool = False) -> list[float]:
        """Return for each recipient how many seconds its mail waits; 0.0 may leave now. A held mail is no attempt.

        Where no limit is set or learnt this asks nobody. ``urgent``: see ``Pacer.grant``.
        """
        return self._pacer.grant(self._relays[route][0], recipients, urgent=urgent)

    def learn(self, route: str, answers: Collection[tuple[str, Outcome]]) -> None:
        """Take in a window's outcomes as (recipient, outcome). Cheap while nothing is wrong; never raises."""
        self._observer.learn(route, answers)

    def _in_order(self) -> list[tuple[Route, Relay]]:
        ready = [pair for pair in self._relays.values() if self._rest_of(pair[0]) <= 0]
        # A random key to the power of 1/weight draws by weight without putting back (Efraimidis and Spirakis, 2006).
        keys = {route.name: self._chance.random() ** (1 / route.weight) if route.weight else -1.0 for route, _ in ready}
        return sorted(ready, key=lambda pair: keys[pair[0].name], reverse=True)

    def _rest_of(self, route: Route) -> float:
        """Return for how many seconds nothing is to be asked of a route."""
        now, known = self._monotonic(), self._lessons.known()
        rest = self._away_until.get(route.name, now) - now
        if (limit := known.of(route.name).get(WHOLE_ROUTE)) is not None:
            rest = max(rest, limit.quiet_until - now)
        if route.warm_up is not None and known.today is not None:
            limit_today = limit_of_day(route.warm_up, known.today)
            if limit_today is not None and known.taken.get(route.name, 0) >= limit_today:
                rest = max(rest, LONGEST_WAIT)
        return rest

    def _note_away(self, name: str, outcome: Outcome) -> None:
        """Leave a route out for a while: on this machine where it was silent, everywhere where it spoke."""
        self._away_until[name] = self._monotonic() + self._observer.note_away(name, outcome)
        if outcome.kind is OutcomeKind.REFUSED:
            self._lessons.note_refusal(f"The relay {name} will not let us in: {describe(outcome)}")

    def _no_route(self, failures: Sequence[Outcome]) -> NoRoute:
        wait = min(self._rest_of(route) for route, _ in self._relays.values())
        wait = max(1.0, min(wait, LONGEST_WAIT))
        is_hopeless = len(failures) == len(self._relays) and all(one.kind is OutcomeKind.REFUSED for one in failures)
        words = describe(failures[-1]) if failures else "every route rests"
        outcome = failures[-1] if is_hopeless else Outcome(OutcomeKind.DEFERRED, None, words, About.RELAY)
        return NoRoute(f"No relay takes mail now: {words}", outcome, wait)
