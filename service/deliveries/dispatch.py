"""One batch on its way through a relay: intend, hand over, hear, record, a window at a time. Owns the order of these.

Nothing is handed over that was not intended in a commit just before, and no transaction is open while the relay talks.
What is known is in the journal before it is in the database, so a process may end anywhere here.
"""

import time
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from sqlalchemy.orm import Session

from service.db import SessionFactory
from service.deliveries.batches import RENEW_AFTER, HeldBatch, put_down, renew
from service.deliveries.breaker import Breaker, refuse_too_large
from service.deliveries.claiming import Claim, give_back, intend
from service.deliveries.journal import Journal
from service.deliveries.outcomes import Answer, is_heard, record_outcomes
from service.deliveries.persisting import LOOK_UP, pass_time, persist
from service.deliveries.window import Window
from service.errors import BadInput
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail, RelaySession

# Seconds until an intent is renewed. A mail may be carried into the next window once, so that a pause or a farewell
# reaches all within two seconds.
FRESH: Final = 1.0
TELL_AFTER: Final = 1.0  # seconds until an outcome is in the database, however slow the relay
LONGEST_HOLD: Final = 5.0  # seconds; a copy whose route or domain must wait for longer is put down for that time


class Composes(Protocol):
    """Builds the copies of one issue; see ``service.deliveries.compose.Composer``."""

    @property
    def message_host(self) -> str:
        """The right side of their Message-IDs."""

    def compose(self, claim: Claim, signature: bytes | None = None) -> OutgoingMail:
        """Return the reader's own mail.

        Raises:
            BadInput: when this one can't be built.
        """


class Limits(Protocol):
    """What a batch asks of the routes; see ``service.routes.choosing.Routes``."""

    def grant(self, route: str, recipients: Sequence[str]) -> list[float]:
        """Return for each recipient how many seconds its mail waits; 0.0 may leave now."""

    def learn(self, route: str, answers: Collection[tuple[str, Outcome]]) -> None:
        """Take in a window's outcomes."""


@dataclass(frozen=True)
class Means:
    """What the batches of one sender share. ``session`` is the open one of ``route``."""

    factory: SessionFactory
    limits: Limits
    route: str
    session: RelaySession
    window: Window
    composer: Composes
    journal: Journal
    breaker: Breaker
    should_stop: Callable[[], bool]


class Written(NamedTuple):
    """What a commit brought: the copies that may leave, and whether the batch is still ours and its issue runs."""

    may_leave: set[int]
    goes_on: bool


@dataclass
class Dispatch:
    """Sends one held batch. After ``run`` each of its copies was answered, skipped or given back, and it is put down.

    Where ``run`` raises, what is known is in the journal, and to be recovered from there.
    """

    means: Means
    held: HeldBatch
    waiting: deque[Claim]
    signatures: Mapping[int, bytes]
    handled: int = 0
    is_over: bool = False  # the batch is no longer ours, or the issue rests
    _intended: deque[Claim] = field(default_factory=deque)
    _in_hand: dict[int, Claim] = field(default_factory=dict)
    _answered: list[Answer] = field(default_factory=list)
    _put_back: list[tuple[float, Claim]] = field(default_factory=list)  # seconds until it may be taken again
    _too_large: int = 0  # bytes of a mail that the relay would not take
    _intended_at: float = 0.0
    _committed_at: float = field(default_factory=time.monotonic)
    _ask_at: float = 0.0

    def run(self) -> None:
        """Send until nothing of the batch waits, or it is to stop; then wait for what is on the wire."""
        while (self.waiting or self._intended or self._in_hand) and not self._stops():
            self._freshen()
            self._hand_over()
            if self._may_open_window():
                self._hear(0.0)  # the relay has something to do while we commit
                self._freshen()
                self._open_window()
            elif self._in_hand:
                self._hear(LOOK_UP)
            else:
                time.sleep(max(0.0, min(LOOK_UP, self._ask_at - time.monotonic())))
            self._keep()
        self._take_back()
        while self._in_hand:
            self._hear(LOOK_UP)
            self._keep()
        self._commit(is_last=True)

    def abandon(self) -> None:
        """After ``run`` raised: learn what is on the wire, for the journal. Touches no row."""
        self._take_back()
        while self._in_hand:
            self._hear(LOOK_UP)

    def _stops(self) -> bool:
        return self.is_over or not self.means.session.is_open or self.means.should_stop()

    def _may_open_window(self) -> bool:
        if self.is_over or not self.waiting or self._intended or time.monotonic() < self._ask_at:
            return False
        # A copy that a sender died over goes alone: it might take others with it.
        return not self._in_hand or not (self.waiting[0].crashes or next(iter(self._in_hand.values())).crashes)

    def _open_window(self) -> None:
        """Commit what is known, and the intent to send the next copies."""
        chosen = self._choose()
        self._intended_at = time.monotonic()  # before the commit: an intent is never taken for younger than it is
        may_leave = self._commit(chosen)
        self.handled += len(chosen) - len(may_leave)
        self._intended.extend(claim for claim in chosen if claim.delivery_id in may_leave)
        if chosen and not may_leave:
            self.is_over = True  # most likely the issue rests; if not, the batch is taken again

    def _choose(self) -> list[Claim]:
        """Return the copies for the next window: those that their route and domain have room for now."""
        candidates = [self.waiting.popleft()]
        size = 1 if candidates[0].crashes else self.means.window.size
        while self.waiting and len(candidates) < size and not self.waiting[0].crashes:
            candidates.append(self.waiting.popleft())
        waits = self.means.limits.grant(self.means.route, [claim.recipient for claim in candidates])
        chosen, soon = [], []
        for claim, wait in zip(candidates, waits, strict=True):
            if wait <= 0:
                chosen.append(claim)
            elif wait <= LONGEST_HOLD:
                self.waiting.append(claim)
                soon.append(wait)
            else:
                self._put_back.append((wait, claim))
        if soon and not chosen:
            self._ask_at = time.monotonic() + min(soon)
        return chosen

    def _freshen(self) -> None:
        """Let what has waited long for a connection be intended anew: much may have been said since."""
        age = time.monotonic() - self._intended_at
        if age <= FRESH or not (self._intended or self._in_hand):
            return
        if self._intended:
            self.means.window.note(age)
        stale = [*self._recall(self.means.session.recall()), *self._intended]
        self.waiting.extendleft(reversed(stale))
        self._intended.clear()

    def _hand_over(self) -> None:
        """Give intended copies to the relay while it has room."""
        room = self.means.session.room or (not self._in_hand)
        while self._intended and room > 0 and not self.is_over:
            self._hand_one(self._intended.popleft())
            room -= 1
            if not self._intended:
                self.means.window.note(time.monotonic() - self._intended_at)

    def _hand_one(self, claim: Claim) -> None:
        key, journal, largest = claim.delivery_id, self.means.journal, self.means.session.largest
        journal.note_taken(key)
        try:
            mail = self._compose(claim)
        except BadInput as problem:
            outcome = Outcome(OutcomeKind.REFUSED, None, problem.message, About.RECIPIENT)
            journal.note_answer(key, outcome)
            self._answered.append((claim, outcome))
            return
        if largest is not None and len(mail.content) > largest:
            journal.note_back(key)
            self.waiting.appendleft(claim)
            self._too_large, self.is_over = len(mail.content), True
            return
        self._in_hand[key] = claim
        self.means.session.take(mail)

    def _compose(self, claim: Claim) -> OutgoingMail:
        return self.means.composer.compose(claim, self.signatures.get(claim.delivery_id))

    def _hear(self, seconds: float) -> None:
        """Let the relay talk until an answer is there, or for at most ``seconds``."""
        for key, outcome in self.means.session.exchange(seconds):
            self._answered.append((self._in_hand.pop(key), outcome))

    def _keep(self) -> None:
        """Commit what is known, and hold the batch for another lease, if that is due."""
        age = time.monotonic() - self._committed_at
        if age > RENEW_AFTER or (self._answered and age > TELL_AFTER):
            self._commit()

    def _take_back(self) -> None:
        """Put back what has not begun to leave."""
        self.waiting.extend(self._recall(self.means.session.hand_back()))
        self._put_back.extend((0.0, claim) for claim in (*self._intended, *self.waiting))
        self._intended.clear()
        self.waiting.clear()

    def _recall(self, keys: Sequence[int]) -> list[Claim]:
        """Return the copies of mails that the session gave up; nothing of them has left."""
        for key in keys:
            self.means.journal.note_back(key)
        return [self._in_hand.pop(key) for key in keys]

    def _commit(self, chosen: Sequence[Claim] = (), *, is_last: bool = False) -> set[int]:
        """Commit what is known and the intent of ``chosen``; returns the ids of those that may leave."""
        may_leave, goes_on = persist(
            self.means.factory, lambda session: self._write(session, chosen, is_last=is_last), self._endure
        )
        self._committed_at = time.monotonic()
        self.handled += len(self._answered)
        told = [(claim.recipient, outcome) for claim, outcome in self._answered]
        self._answered, self._put_back = [], []
        if told:
            self.means.limits.learn(self.means.route, told)
        if not goes_on:
            self.is_over = True
            self.waiting.extend(claim for claim in chosen if claim.delivery_id in may_leave)
            return set()
        return may_leave

    def _write(self, session: Session, chosen: Sequence[Claim], *, is_last: bool) -> Written:
        """Do all of one commit. Safe to repeat: every copy is under its fence, in a state where the move has sense."""
        means = self.means
        goes_on = renew(session, self.held)
        record_outcomes(session, self._answered)
        give_back(session, [claim for _, claim in self._put_back], [wait for wait, _ in self._put_back])
        may_leave: set[int] = set()
        if goes_on:
            may_leave = intend(session, chosen, route=means.route, message_host=means.composer.message_host)
        if is_last:
            put_down(session, self.held)
        if self._too_large:
            refuse_too_large(session, self.held.issue_id, self._too_large, means.session.largest or 0)
        rests = means.breaker.consider(session, [one[1] for one in self._answered if is_heard(one)])
        return Written(may_leave, goes_on and not rests)

    def _endure(self, seconds: float) -> bool:
        """Pass the time while the database is away, hearing the relay; False once it is to stop.

        What no connection has begun with waits too: nobody could tell us that it must not leave.
        """
        self.waiting.extendleft(reversed(self._recall(self.means.session.recall())))
        return pass_time(self.means.should_stop, seconds, self._hear if self._in_hand else time.sleep)
