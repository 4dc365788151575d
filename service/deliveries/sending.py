"""The sender: takes an issue's batches through a relay, one after the other, until none is due. Owns a run's limits.

What happens to one batch is told in ``dispatch``; what a sender that died left, in ``recovery`` and the sweep.
"""

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol, TypeVar

from sqlalchemy.orm import Session

from service.db import SessionFactory
from service.deliveries.abandoned import free_copies
from service.deliveries.batches import HeldBatch, claim_batch, has_due_batch, put_down
from service.deliveries.breaker import Breaker
from service.deliveries.claiming import Claim, claim_copies
from service.deliveries.compose import Composer
from service.deliveries.dispatch import Dispatch, Limits, Means
from service.deliveries.journal import Journal
from service.deliveries.metered import EVERY, MeteredDispatch
from service.deliveries.metering import MeterFile
from service.deliveries.models import BatchSignatures
from service.deliveries.persisting import pass_time, persist
from service.deliveries.signing import read_signatures
from service.deliveries.window import Window
from service.errors import Conflict, Unavailable
from service.jobs import Job, publish
from service.mail.events import OutcomeKind
from service.mail.transport import RelayAway, RelaySession, Witness

log = logging.getLogger(__name__)

T = TypeVar("T")

SLICE: Final = 60.0  # seconds; far shorter than a broker waits before it hands the same nudge to another worker


class Routes(Limits, Protocol):
    """The relays of the house; see ``service.routes.choosing.Routes``."""

    def open(self, witness: Witness | None = None, connections: int | None = None) -> tuple[str, RelaySession]:
        """Return a route's name and an open session.

        Raises:
            RelayAway: when no relay takes mail now.
        """


class Guards(Protocol):
    """Knows whose database this is; see ``service.deliveries.guard.Guard``."""

    def refuse_foreign(self) -> None:
        """Raise ``Conflict`` where nothing may be sent from here."""


@dataclass(frozen=True)
class Taken:
    """A batch that was claimed: its waiting copies, and the signatures made ahead for them."""

    held: HeldBatch
    claims: list[Claim]
    signatures: dict[int, bytes]


def never() -> bool:
    """Say that there is no reason to stop."""
    return False


@dataclass(frozen=True)
class Sender:
    """What one sending thread needs. ``meter`` is told where the time goes, when something measures it."""

    factory: SessionFactory
    routes: Routes
    guard: Guards
    load_composer: Callable[[Session, int], Composer]
    journal_dir: Path
    meter: MeterFile | None = None

    def send_waiting(self, issue_id: int, should_stop: Callable[[], bool] = never, seconds: float = SLICE) -> int:
        """Send waiting copies of an issue for about ``seconds``. Returns how many were answered or skipped.

        Stops early when ``should_stop`` says so: the mails on the wire are answered, the rest is handed back at once.
        Where time ran out with work left, the issue is nudged again. Safe to repeat and to run many times at once:
        batches are claimed under locks.

        Raises:
            Unavailable: when no journal can be written; nothing is sent without one.
        """
        try:
            self.guard.refuse_foreign()
        except Conflict as foreign:
            log.debug("issue %d is not sent from here: %s", issue_id, foreign.message)
            return 0
        ends_at = time.monotonic() + seconds
        run = _Run(self, issue_id, lambda: should_stop() or time.monotonic() >= ends_at)
        run.send()
        if run.is_unfinished and not should_stop():
            publish(Job.SEND_ISSUE, issue_id)
        return run.handled


class _Run:
    """One run over an issue's batches, with a session to a relay that is kept from batch to batch."""

    def __init__(self, sender: Sender, issue_id: int, should_stop: Callable[[], bool]) -> None:
        self.handled = 0
        self.is_unfinished = False
        self._dispatched = 0
        self._sender, self._issue_id, self._should_stop = sender, issue_id, should_stop
        self._journal = Journal(sender.journal_dir)
        self._breaker = Breaker(issue_id)

    def send(self) -> None:
        """Send through one relay after the other, until nothing is due, none takes mail, or it is to stop."""
        composer = self._persist(self._find_work)
        while composer is not None:
            try:
                route, session = self._sender.routes.open(self._journal)
            except RelayAway as away:
                self._note_away(away)
                return
            try:
                before = self.handled
                goes_on = self._send_through(route, session, composer)
            finally:
                session.close()
                self._journal.close()
            if not goes_on or self.handled == before:
                return

    def _send_through(self, route: str, session: RelaySession, composer: Composer) -> bool:
        """Send batches until there is none or the relay is gone; returns whether another relay is to be tried."""
        means = Means(
            factory=self._sender.factory,
            limits=self._sender.routes,
            route=route,
            session=session,
            window=Window(session.room),
            composer=composer,
            journal=self._journal,
            breaker=self._breaker,
            should_stop=self._should_stop,
        )
        while session.is_open:
            if self._should_stop():
                self.is_unfinished = True
                return False
            taken = self._persist(partial(self._claim, composer))
            if taken is None:
                return False
            if taken.claims:
                self._dispatch(means, taken, composer)
        if session.closing_words is not None:
            self._sender.routes.learn(route, [("", session.closing_words)])
        return True

    def _dispatch(self, means: Means, taken: Taken, composer: Composer) -> None:
        parts = (means, taken.held, deque(taken.claims), taken.signatures)
        composer.meter = meter = self._sender.meter if self._dispatched % EVERY == 0 else None
        self._dispatched += 1
        dispatch = Dispatch(*parts) if meter is None else MeteredDispatch(*parts, meter=meter)
        try:
            dispatch.run()
        except Exception:
            dispatch.abandon()
            raise
        self._journal.end()
        self.handled += dispatch.handled

    def _find_work(self, session: Session) -> Composer | None:
        """Return the composer of the issue if a batch of it is due, so that no relay is asked in vain."""
        if not has_due_batch(session, self._issue_id):
            return None
        return self._sender.load_composer(session, self._issue_id)

    def _claim(self, composer: Composer, session: Session) -> Taken | None:
        """Take the next batch. A commit whose answer was lost leaves one to ``recovery``, by its journal."""
        held = claim_batch(session, self._issue_id)
        if held is None:
            return None
        free_copies(session, held)
        claims = claim_copies(session, held)
        if not claims:
            put_down(session, held)
            return Taken(held, [], {})
        made_ahead = session.get(BatchSignatures, held.id)
        signatures = read_signatures(made_ahead, composer.made_under) if made_ahead else {}
        try:
            self._journal.begin(held, claims)
        except OSError as problem:
            raise Unavailable(f"The sender's journal can't be written ({problem.strerror}).") from problem
        return Taken(held, claims, signatures)

    def _note_away(self, away: RelayAway) -> None:
        log.warning("issue %d waits: %s", self._issue_id, away.message)
        if away.outcome.kind is OutcomeKind.REFUSED:
            self._persist(lambda session: self._breaker.consider(session, [away.outcome]))

    def _persist(self, work: Callable[[Session], T]) -> T:
        return persist(self._sender.factory, work, partial(pass_time, self._should_stop))
