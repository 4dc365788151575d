"""A provider with a limit that nobody told us, over hours of simulated time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from service.db import SessionFactory
from service.mail.events import Outcome, OutcomeKind
from service.mail.transport import OutgoingMail
from service.routes.choosing import NoRoute, Routes
from tests.routes.simulation import ACCEPTED, CLOSED, Clock, make_relay, make_routes

T = TypeVar("T")

WINDOW = 64
HOUR = 3_600.0


@dataclass
class Provider:
    """Takes ``allowance`` mails, then answers 421 until an hour has passed; and again."""

    clock: Clock
    allowance: int
    taken: list[str] = field(default_factory=list)
    refused: int = 0
    left: int = 0
    opens_at: float = 0.0

    def answer(self, mail: OutgoingMail) -> Outcome:
        """Take one mail, or not now."""
        if self.clock.seconds >= self.opens_at and self.left == 0:
            self.left = self.allowance
        if self.left == 0:
            self.refused += 1
            return CLOSED
        self.left -= 1
        if self.left == 0:
            self.opens_at = self.clock.seconds + HOUR
        self.taken.append(mail.recipient)
        return ACCEPTED


def note_in(book: list[T], fact: Callable[[OutgoingMail], T]) -> Callable[[OutgoingMail], Outcome]:
    """Return an answer that takes every mail and notes a fact about each."""

    def answer(mail: OutgoingMail) -> Outcome:
        book.append(fact(mail))
        return ACCEPTED

    return answer


class Sending:
    """The sender's loop in small: open, ask, send, learn; what is held or deferred stays in the queue."""

    def __init__(self, routes: Routes, clock: Clock, readers: int) -> None:
        self.routes, self.clock = routes, clock
        self.queue = [f"reader-{number}@example.org" for number in range(readers)]

    def run(self, hours: float) -> None:
        """Send until the queue is empty or time is over."""
        end = self.clock.seconds + hours * HOUR
        while self.queue and self.clock.seconds < end:
            try:
                name, session = self.routes.open()
            except NoRoute as away:
                self.clock.pass_time(away.wait)
                continue
            waits = self.routes.grant(name, self.queue[:WINDOW])
            leaving = [recipient for recipient, wait in zip(self.queue, waits, strict=False) if not wait]
            for key, recipient in enumerate(leaving):
                session.take(OutgoingMail(key, "letter@crossings.test", recipient, b"Hello\r\n"))
            answers = [(leaving[key], outcome) for key, outcome in session.exchange(1.0)]
            self.routes.learn(name, answers)
            done = {recipient for recipient, outcome in answers if outcome.kind is OutcomeKind.ACCEPTED}
            self.queue = [recipient for recipient in self.queue if recipient not in done]
            self.clock.pass_time(1.0 if leaving else min(waits))


def test_case_32_after_500_mails_and_an_hour_of_421_the_rate_adapts_and_everybody_gets_one(
    factory: SessionFactory, clock: Clock
) -> None:
    provider = Provider(clock, allowance=500)
    route, relay = make_relay()
    relay.answer = provider.answer
    sending = Sending(make_routes(factory, clock, [(route, relay)]), clock, readers=1_700)
    sending.run(hours=0.9)
    assert len(provider.taken) == 500
    assert provider.refused <= 16  # one asks again: after one minute, two, four, and then every five
    sending.run(hours=4)
    assert sending.queue == []
    assert Counter(provider.taken) == {f"reader-{number}@example.org": 1 for number in range(1_700)}
    assert clock.seconds < 1_000 + 3.5 * HOUR
    assert provider.refused <= 3 * 16


def test_case_32_the_other_route_carries_on_meanwhile(factory: SessionFactory, clock: Clock) -> None:
    provider = Provider(clock, allowance=500)
    strict, easy = make_relay("strict", weight=50), (make_relay("easy"))
    strict[1].answer = provider.answer
    taken: list[str] = []
    easy[1].answer = note_in(taken, lambda mail: mail.recipient)
    sending = Sending(make_routes(factory, clock, [strict, easy]), clock, readers=1_700)
    sending.run(hours=0.2)
    assert sending.queue == []
    assert sorted(provider.taken + taken) == sorted(f"reader-{number}@example.org" for number in range(1_700))
    assert len(provider.taken) == 500


def test_case_32_a_set_limit_is_kept_to_the_mail(factory: SessionFactory, clock: Clock) -> None:
    taken: list[float] = []
    route, relay = make_relay(per_second=5.0)
    relay.answer = note_in(taken, lambda _: clock.seconds)
    Sending(make_routes(factory, clock, [(route, relay)]), clock, readers=300).run(hours=1)
    assert len(taken) == 300
    begun = taken[0]
    for seconds in (1, 10, 30, 59):
        assert sum(1 for moment in taken if moment <= begun + seconds) <= 5 + 5 * seconds
    assert 55 <= taken[-1] - begun <= 65
