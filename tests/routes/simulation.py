"""Time that a test passes, and relays that answer by a script. Owns no fixture."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from sqlalchemy import ColumnElement, DateTime, literal

from service.db import SessionFactory
from service.errors import Unavailable
from service.mail.events import About, Outcome, OutcomeKind, outcome_of_reply
from service.mail.transport import OutgoingMail, RelayAway, Witness
from service.routes.buckets import DatabaseLimiter
from service.routes.choosing import Routes
from service.routes.limiter import Limiter, SharedLimiter
from service.settings import Route

ACCEPTED = Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok")
CLOSED = outcome_of_reply(421, "4.7.0 Too much mail, come back later", About.RELAY)
SLOW_DOWN = outcome_of_reply(450, "4.7.1 Too many messages", About.RECIPIENT)
WRONG_PASSWORD = outcome_of_reply(535, "5.7.8 Authentication credentials invalid", About.RELAY)
NOT_LEFT = Outcome(OutcomeKind.DEFERRED, None, "the connection ended before its turn", About.RELAY)
SILENT = Outcome(OutcomeKind.DEFERRED, None, "connection refused", About.RELAY)


@dataclass
class Clock:
    """One clock for the process and the database, which moves only when a test says so."""

    moment: datetime = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    seconds: float = 1_000.0

    def monotonic(self) -> float:
        """Read the process's clock."""
        return self.seconds

    def database(self) -> ColumnElement[datetime]:
        """Read the database's clock."""
        return literal(self.moment, DateTime(timezone=True))

    def pass_time(self, seconds: float) -> None:
        """Let time pass for both."""
        self.seconds += seconds
        self.moment += timedelta(seconds=seconds)


class FakeSession:
    """An open session that answers each mail as its relay says."""

    def __init__(self, relay: "FakeRelay") -> None:
        self.relay = relay
        self.is_open = True
        self.closing_words: Outcome | None = None
        self.largest = relay.largest
        self.room = 8
        self._held: list[OutgoingMail] = []

    @property
    def in_hand(self) -> int:
        """How many mails wait for an answer."""
        return len(self._held)

    def take(self, mail: OutgoingMail) -> None:
        """Put a mail in hand."""
        self._held.append(mail)

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:  # noqa: ARG002 - the Protocol's
        """Answer everything in hand; a 421 ends the session, and what stood behind it has not left."""
        answers: list[tuple[int, Outcome]] = []
        while self._held:
            mail = self._held.pop(0)
            outcome = self.relay.answer(mail) if self.is_open else NOT_LEFT
            if outcome.code == 421:
                self.is_open, self.closing_words = False, outcome
            answers.append((mail.key, outcome))
        return answers

    def recall(self) -> list[int]:
        """Keep all: what is in hand was announced."""
        return []

    def hand_back(self) -> list[int]:
        """Give up what is in hand."""
        held, self._held = self._held, []
        return [mail.key for mail in held]

    def close(self) -> None:
        """Leave."""
        self.is_open = False


@dataclass
class FakeRelay:
    """A relay by script: ``away`` is why it can't be used now, ``answer`` what it says to a mail."""

    name: str
    away: Outcome | None = None
    answer: Callable[[OutgoingMail], Outcome] = lambda _: ACCEPTED
    largest: int | None = None
    opened: int = 0
    asked: int = 0

    def open(self, witness: Witness | None = None, connections: int | None = None) -> FakeSession:  # noqa: ARG002
        """Open a session, or say why not."""
        self.asked += 1
        if self.away is not None:
            raise RelayAway(f"The relay is away: {self.away.text}", self.away)
        self.opened += 1
        return FakeSession(self)


@dataclass
class FakeLimiter:
    """Grants up to ``grants`` tokens for each bucket and remembers what was asked, or is away."""

    grants: dict[str, int] = field(default_factory=dict)
    is_away: bool = False
    calls: list[tuple[str, int]] = field(default_factory=list)

    def take(self, bucket: str, per_second: float, burst: float, want: int, debt: float = 0.0) -> int:  # noqa: ARG002
        """Grant what is left."""
        self._refuse_away()
        self.calls.append((bucket, want))
        granted = min(want, self.grants.get(bucket, 0))
        self.grants[bucket] = self.grants.get(bucket, 0) - granted
        return granted

    def give_back(self, bucket: str, per_second: float, burst: float, count: int) -> None:  # noqa: ARG002
        """Take tokens back."""
        self._refuse_away()
        self.calls.append((bucket, -count))
        self.grants[bucket] = self.grants.get(bucket, 0) + count

    def _refuse_away(self) -> None:
        if self.is_away:
            raise Unavailable("Redis does not answer.")


def make_routes(
    factory: SessionFactory,
    clock: Clock,
    relays: Iterable[tuple[Route, FakeRelay]],
    limiter: Limiter | None = None,
    seed: int = 7,
) -> Routes:
    """Return the routes of one process over this clock; tokens are counted in the database."""
    fallback = DatabaseLimiter(factory, clock.database)
    return Routes(
        list(relays),
        factory,
        SharedLimiter(limiter or fallback, fallback, clock.monotonic),
        clock=clock.database,
        monotonic=clock.monotonic,
        chance=Random(seed),  # noqa: S311 - a test that can be run again
    )


def make_relay(name: str = "main", **options: object) -> tuple[Route, FakeRelay]:
    """Return a route with its relay; ``options`` are the route's."""
    return Route(name, f"smtp://{name}.example:25", **options), FakeRelay(name)  # type: ignore[arg-type]  # by name
