"""The nightly comparison: everything is read anew, missing events are made up for, and the sums must agree to the cent.

Owns finding what no event told, and the alarm. What a difference means is for a person: nothing is ever written to make
the sums agree.
"""

import logging
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import SessionFactory, transaction
from service.donations.comparing import Mismatch, compare_balance, compare_mirror
from service.donations.events import Root, RootKind
from service.donations.gateway import Gateway, GatewayEvent, TransactionFacts
from service.donations.models import Attempt, Donation, LedgerEntry, Reconciliation, RecurringDonation
from service.donations.settlement import Settlement
from service.donations.states import AttemptState, DonationState, RecurringState
from service.errors import NotFound
from service.inbox.models import OutsideEvent, Provider
from service.inbox.receiving import receive_event

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=3)  # longer than a weekend with nobody in the office
MARGIN = timedelta(days=1)  # a balance line may be a little later, or earlier, than what it belongs to
RUNNING = timedelta(hours=1)  # longer than a comparison takes; one that died is begun again after this
SILENCE = timedelta(hours=12)
_MOVING = (DonationState.PROCESSING, DonationState.DISPUTED)


def reconcile(factory: SessionFactory, gateway: Gateway, since: datetime) -> Reconciliation:
    """Read everything since ``since`` anew, then compare ledger, mirror and processor; raise an alarm on a difference.

    Safe to repeat and to run beside the workers.
    """
    with transaction(factory) as session:
        run = Reconciliation(since=since)
        session.add(run)
        lines_before = _count_lines(session)
    settlement = Settlement(factory, gateway)
    run.events_found = fetch_missed_events(factory, gateway, since)
    transactions = list(gateway.list_transactions(since - MARGIN))
    run.payments = _sync_payments(settlement, since, transactions)
    run.recurring = _sync_recurring(settlement)
    _sync_attempts(settlement)
    with transaction(factory) as session:
        comparison = compare_balance(session, transactions, since, now())
        mismatches = comparison.mismatches + compare_mirror(session)
        run.ledger_minor, run.processor_minor = comparison.ledger_minor, comparison.processor_minor
        run.mismatches = [asdict(mismatch) for mismatch in mismatches]
        run.repaired = _count_lines(session) - lines_before
        run.finished_at = now()
        run = session.merge(run)
        _alarm(session, mismatches)
    return run


def fetch_missed_events(factory: SessionFactory, gateway: Gateway, since: datetime) -> int:
    """Store events that could not be delivered; workers handle them as any other. Returns how many were new."""
    found = 0
    for event in gateway.list_undelivered_events(since):
        with transaction(factory) as session:
            found += store_event(session, event) is not None
    return found


def store_event(session: Session, event: GatewayEvent) -> int | None:
    """Store one event of the processor; None when it was here before."""
    return receive_event(
        session,
        Provider.STRIPE,
        event.event_id,
        type=event.type,
        api_version=event.api_version,
        object_id=event.object_id,
        occurred_at=event.occurred_at,
        payload=event.payload,
    )


def was_reconciled_since(session: Session, since: datetime) -> bool:
    """Return whether a comparison has been finished since then, or is under way."""
    done = select(Reconciliation.id).where(
        (Reconciliation.finished_at > since) | (Reconciliation.started_at > now() - RUNNING)
    )
    return session.scalar(done.limit(1)) is not None


def watch_for_silence(session: Session) -> None:
    """Raise an alarm when givers went to the processor's page hours ago and no event has come since."""
    hours = SILENCE // timedelta(hours=1)
    opened = select(func.count()).where(
        Attempt.session_id.is_not(None), Attempt.created_at.between(now() - 2 * SILENCE, now() - SILENCE)
    )
    came = select(func.count()).where(OutsideEvent.received_at > now() - 2 * SILENCE)
    if session.scalar(opened) and not session.scalar(came):
        raise_alarm(
            session,
            "webhooks:silent",
            f"Givers went to the payment page, but for {hours} hours and more no event has reached us. Please look at "
            "the webhook endpoint in the processor’s dashboard. Reconciliation finds the gifts meanwhile.",
        )


def _sync_payments(settlement: Settlement, since: datetime, transactions: list[TransactionFacts]) -> int:
    """Settle the window's payments, older ones whose money moved in it, and those that may still change."""
    with transaction(settlement.factory) as session:
        moving = select(Donation.payment_id).where(Donation.state.in_(_MOVING), Donation.payment_id.is_not(None))
        ids = {payment_id for payment_id in session.scalars(moving) if payment_id}
    ids.update(moved.payment_id for moved in transactions if moved.payment_id)
    ids.update(settlement.gateway.list_payments(since))
    for payment_id in sorted(ids):
        _sync(settlement, Root(RootKind.PAYMENT, payment_id))
    return len(ids)


def _sync_recurring(settlement: Settlement) -> int:
    """Settle every arrangement that the processor or we believe to be alive."""
    with transaction(settlement.factory) as session:
        alive = select(RecurringDonation.subscription_id).where(RecurringDonation.state != RecurringState.ENDED)
        ids = set(session.scalars(alive))
    ids.update(settlement.gateway.list_recurring())
    for subscription_id in sorted(ids):
        _sync(settlement, Root(RootKind.RECURRING, subscription_id))
    return len(ids)


def _sync_attempts(settlement: Settlement) -> None:
    """Settle forms whose page nobody told us the end of."""
    for session_id in _list_open_pages(settlement.factory):
        _sync(settlement, Root(RootKind.CHECKOUT, session_id))


def _sync(settlement: Settlement, root: Root) -> None:
    """Settle one root; what is none of ours, or was deleted there, must not end the run."""
    try:
        settlement.sync(root)
    except NotFound:
        log.warning("%s %s is not a gift's, or is gone at the processor", root.kind, root.id)


def _list_open_pages(factory: SessionFactory) -> Iterator[str]:
    with transaction(factory) as session:
        pages = select(Attempt.session_id).where(Attempt.state == AttemptState.OPEN, Attempt.session_id.is_not(None))
        found = session.scalars(pages).all()
    return (session_id for session_id in found if session_id)


def _count_lines(session: Session) -> int:
    return session.scalar(select(func.count(LedgerEntry.id))) or 0


def _alarm(session: Session, mismatches: list[Mismatch]) -> None:
    if mismatches:
        first = mismatches[0]
        raise_alarm(
            session,
            "reconciliation",
            f"The books and the processor differ in {len(mismatches)} place(s), first at {first.about}. "
            "The reconciliation page lists them; nothing was changed to make them agree.",
        )
