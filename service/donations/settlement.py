"""Reading the processor anew and writing down what it says. Owns the lock that makes a stale reader harmless.

Each root is read and written under its own lock, one after another and never nested, so nothing can deadlock. The lock
spans the question and the answer's transaction: without it a slow reader could write an old answer over a newer one.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import SessionFactory, hold_lock, transaction
from service.donations.events import Root, RootKind, find_roots
from service.donations.gateway import CheckoutFacts, Gateway
from service.donations.models import Attempt
from service.donations.readings import begin_reading, note_reading
from service.donations.recording import is_ours, record_payment
from service.donations.recurring import record_recurring
from service.donations.states import MOVES, AttemptState
from service.errors import NotFound, PostriderError, describe_failure
from service.inbox.handling import find_waiting_event, mark_handled, mark_tried
from service.inbox.models import EventState, OutsideEvent

Facts = TypeVar("Facts")
log = logging.getLogger(__name__)

UNKNOWN_FOR = timedelta(hours=1)  # what the processor does not know by then is of another account, or was deleted
FRAUD_WARNING: Final = "radar.early_fraud_warning.created"
_SEEN_STATES = {"complete": AttemptState.COMPLETE, "expired": AttemptState.EXPIRED, "open": AttemptState.OPEN}


@dataclass(frozen=True)
class _Read(Generic[Facts]):
    """What was read, and when its reading began."""

    facts: Facts
    began_at: datetime


@dataclass(frozen=True)
class Settlement:
    """What a worker needs to settle events."""

    factory: SessionFactory
    gateway: Gateway

    def handle_event(self, event_row_id: int) -> None:
        """Settle everything that an event is about. Safe to repeat: an event that was handled is left alone."""
        with transaction(self.factory) as session:
            event = find_waiting_event(session, event_row_id)
            if event is None:
                return
        outcome = self._settle(event)
        with transaction(self.factory) as session:
            if isinstance(outcome, EventState):
                mark_handled(session, event_row_id, outcome)
                _warn_staff(session, event)
            else:
                mark_tried(session, event_row_id, outcome)

    def sync(self, root: Root, told_at: datetime | None = None) -> None:
        """Read one root anew and write it down, unless that was done since ``told_at``. Safe to repeat."""
        match root.kind:
            case RootKind.CHECKOUT:
                self.sync_checkout(root.id, told_at)
            case RootKind.INVOICE:
                self.sync_invoice(root.id, told_at)
            case RootKind.RECURRING:
                self.sync_recurring(root.id, told_at)
            case RootKind.PAYMENT:
                self.sync_payment(root.id, told_at)

    def sync_payment(self, payment_id: str, told_at: datetime | None = None) -> None:
        """Settle one payment, and the arrangement that it belongs to."""
        root = f"payment:{payment_id}"
        read = self._read(root, told_at, payment_id, self.gateway.fetch_payment, record_payment)
        if read is not None:
            if read.facts.subscription_id is not None and is_ours(read.facts):
                self.sync_recurring(read.facts.subscription_id, told_at)
            self._note(root, read.began_at)

    def sync_recurring(self, subscription_id: str, told_at: datetime | None = None) -> None:
        """Settle one standing arrangement."""
        root = f"recurring:{subscription_id}"
        read = self._read(root, told_at, subscription_id, self.gateway.fetch_recurring, record_recurring)
        if read is not None:
            self._note(root, read.began_at)

    def sync_invoice(self, invoice_id: str, told_at: datetime | None = None) -> None:
        """Settle the payments of one renewal."""
        for payment_id in self.gateway.list_payments_of_invoice(invoice_id):
            self.sync_payment(payment_id, told_at)

    def sync_checkout(self, session_id: str, told_at: datetime | None = None) -> None:
        """Settle how far a giver came, then the payment or arrangement that came of it."""
        root = f"checkout:{session_id}"
        read = self._read(root, told_at, session_id, self.gateway.fetch_checkout, _record_checkout)
        if read is not None:
            if read.facts.subscription_id is not None:
                self.sync_recurring(read.facts.subscription_id, told_at)
            if read.facts.payment_id is not None:
                self.sync_payment(read.facts.payment_id, told_at)
            self._note(root, read.began_at)

    def sync_attempt(self, attempt_id: int) -> None:
        """Settle a form whose giver has come back from the processor's page."""
        with transaction(self.factory) as session:
            session_id = session.scalar(select(Attempt.session_id).where(Attempt.id == attempt_id))
        if session_id is not None:
            self.sync_checkout(session_id)

    def _read(
        self,
        root: str,
        told_at: datetime | None,
        root_id: str,
        fetch: Callable[[str], Facts],
        record: Callable[[Session, Facts], object],
    ) -> "_Read[Facts] | None":
        """Fetch and record under the root's lock; None when that was done since ``told_at``."""
        with hold_lock(self.factory, root):
            began_at = begin_reading(self.factory, root, told_at)
            if began_at is None:
                return None
            facts = fetch(root_id)
            with transaction(self.factory) as session:
                record(session, facts)
        return _Read(facts, began_at)

    def _note(self, root: str, began_at: datetime) -> None:
        """Keep that a root was read, once all that hangs on it is settled too: an event that finds it read is done."""
        with transaction(self.factory) as session:
            note_reading(session, root, began_at)

    def _settle(self, event: OutsideEvent) -> EventState | str:
        """Return the state that the event has reached, or the sentence that says why it must wait."""
        roots = find_roots(event.payload)
        problems = [problem for root in roots if (problem := self._try(root, event))]
        if not problems:
            return EventState.DONE if roots else EventState.IGNORED
        is_old = event.occurred_at < now() - UNKNOWN_FOR
        if is_old and all(isinstance(problem, NotFound) for problem in problems):
            log.warning("event row %s is about something that the processor does not know", event.id)
            return EventState.IGNORED
        return problems[0].message

    def _try(self, root: Root, event: OutsideEvent) -> PostriderError | None:
        """Settle one root of an event. Whatever goes wrong, the event is not lost: it waits, and staff are told."""
        try:
            self.sync(root, event.received_at)
        except PostriderError as problem:
            return problem
        except Exception as problem:  # noqa: BLE001 - kept with the event, which is tried again
            log.error("event row %s could not be settled: %s", event.id, describe_failure(problem))  # noqa: TRY400
            return PostriderError(f"unexpected {type(problem).__name__}")
        return None


def _warn_staff(session: Session, event: OutsideEvent) -> None:
    """Call staff for what no row shows: the card's network warns of fraud before a dispute is opened."""
    if event.type == FRAUD_WARNING:
        payment = next((root.id for root in find_roots(event.payload)), "unknown")
        raise_alarm(
            session,
            f"fraud:{payment}",
            f"A card’s network warns that the payment {payment} may be fraud. Paying it back now avoids a dispute.",
        )


def _record_checkout(session: Session, facts: CheckoutFacts) -> None:
    """Move the form to where its page stands; a page that was left open long ago may still say so late."""
    known = Attempt.session_id == facts.session_id
    if facts.attempt:
        known |= Attempt.public_id == facts.attempt
    attempt = session.scalar(select(Attempt).where(known).with_for_update(key_share=True))
    wanted = _SEEN_STATES.get(facts.state)
    if attempt is None or wanted is None or wanted not in MOVES[attempt.state]:
        return
    attempt.state = wanted
    attempt.session_id = attempt.session_id or facts.session_id
    if wanted is not AttemptState.OPEN:
        attempt.finished_at = now()
