"""The nightly comparison: everything is read anew, missing events are made up for, and the sums must agree to the cent.

Owns finding what no event told, and the alarm. What a difference means is for a person: nothing is ever written to make
the sums agree.
"""

import logging
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Identity, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from service.alarms.raising import raise_alarm
from service.clock import now
from service.db import Base, SessionFactory, transaction
from service.donations.comparing import Mismatch, compare_balance, compare_mirror
from service.donations.events import Root, RootKind
from service.donations.gateway import Gateway, TransactionFacts
from service.donations.intake import fetch_missed_events
from service.donations.models import Attempt, Donation, LedgerEntry, RecurringDonation
from service.donations.settlement import Settlement
from service.donations.states import AttemptState, DonationState, RecurringState
from service.errors import NotFound, Unavailable, describe_failure
from service.inbox.models import OutsideEvent

log = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=3)  # longer than a weekend with nobody in the office
MARGIN = timedelta(days=1)  # a balance line may be a little later, or earlier, than what it belongs to
RUNNING = timedelta(hours=1)  # longer than a comparison takes; one that died is begun again after this
SILENCE = timedelta(hours=12)
MOST_UNREAD = 20  # one strange payment is a person's to look at; twenty are an outage
LATE = timedelta(hours=26)  # a night that was not compared

# What may still change, however long ago it began: payments on their way, arrangements that live, pages left open.
_MOVING_PAYMENTS = select(Donation.payment_id).where(
    Donation.state.in_((DonationState.PROCESSING, DonationState.DISPUTED))
)
_ALIVE = select(RecurringDonation.subscription_id).where(RecurringDonation.state != RecurringState.ENDED)
_OPEN_PAGES = select(Attempt.session_id).where(Attempt.state == AttemptState.OPEN)


class Reconciliation(Base):
    """One comparison of ledger, mirror and processor. ``mismatches`` is empty when all three agree to the cent."""

    __tablename__ = "reconciliations"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    since: Mapped[datetime]
    started_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]
    payments: Mapped[int] = mapped_column(default=0)
    recurring: Mapped[int] = mapped_column(default=0)
    events_found: Mapped[int] = mapped_column(default=0)
    repaired: Mapped[int] = mapped_column(default=0)
    ledger_minor: Mapped[int] = mapped_column(default=0)
    processor_minor: Mapped[int] = mapped_column(default=0)
    mismatches: Mapped[list[Any]] = mapped_column(JSONB, default=list)


def reconcile(factory: SessionFactory, gateway: Gateway, since: datetime) -> Reconciliation:
    """Read everything since ``since`` anew, then compare ledger, mirror and processor; raise an alarm on a difference.

    Safe to repeat and to run beside the workers.
    """
    with transaction(factory) as session:
        run = Reconciliation(since=since)
        session.add(run)
        lines_before = _count_lines(session)
    run.events_found = fetch_missed_events(factory, gateway, since)
    transactions = list(gateway.list_transactions(since - MARGIN))
    reading = _Reading(Settlement(factory, gateway))
    payments, recurring, pages = _list_all(factory, gateway, since, transactions)
    run.payments = reading.sync(RootKind.PAYMENT, payments)
    run.recurring = reading.sync(RootKind.RECURRING, recurring)
    reading.sync(RootKind.CHECKOUT, pages)
    with transaction(factory) as session:
        comparison = compare_balance(session, transactions, since, now())
        mismatches = reading.unread + comparison.mismatches + compare_mirror(session)
        run.ledger_minor, run.processor_minor = comparison.ledger_minor, comparison.processor_minor
        run.mismatches = [asdict(mismatch) for mismatch in mismatches]
        run.repaired = _count_lines(session) - lines_before
        run.finished_at = now()
        run = session.merge(run)
        _alarm(session, mismatches)
    return run


def was_reconciled_since(session: Session, since: datetime) -> bool:
    """Return whether a comparison has been finished since then, or is under way."""
    done = select(Reconciliation.id).where(
        (Reconciliation.finished_at > since) | (Reconciliation.started_at > now() - RUNNING)
    )
    return session.scalar(done.limit(1)) is not None


def watch_for_missed_nights(session: Session) -> None:
    """Raise an alarm when comparisons have begun, and none has been finished since yesterday."""
    began = select(Reconciliation.id).where(Reconciliation.started_at < now() - LATE)
    if session.scalar(began.limit(1)) is not None and not was_reconciled_since(session, now() - LATE):
        raise_alarm(
            session,
            "reconciliation:late",
            "The books have not been compared with the processor since yesterday. The worker’s log says why.",
        )


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


def _list_all(
    factory: SessionFactory, gateway: Gateway, since: datetime, transactions: list[TransactionFacts]
) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of payments, arrangements and open pages; asks the processor outside any transaction."""
    with transaction(factory) as session:
        moving = list(session.scalars(_MOVING_PAYMENTS))
        alive = list(session.scalars(_ALIVE))
        pages = list(session.scalars(_OPEN_PAGES))
    payments = [*moving, *(moved.payment_id for moved in transactions), *gateway.list_payments(since)]
    return [one for one in payments if one], [*alive, *gateway.list_recurring()], [one for one in pages if one]


@dataclass
class _Reading:
    """One pass over everything: what can't be read is noted and must not end the pass, unless nothing can be."""

    settlement: Settlement
    unread: list[Mismatch] = field(default_factory=list)

    def sync(self, kind: RootKind, ids: Iterable[str]) -> int:
        """Settle each root of one kind; return how many there were.

        Raises:
            Unavailable: when so many can't be read that the processor, or our database, must be away.
        """
        count = 0
        for count, root_id in enumerate(sorted(set(ids)), start=1):  # noqa: B007 - the last count is the answer
            self._sync_one(Root(kind, root_id))
            if len(self.unread) > MOST_UNREAD:
                raise Unavailable(f"The comparison was given up: {self.unread[-1].sentence}")
        return count

    def _sync_one(self, root: Root) -> None:
        try:
            self.settlement.sync(root)
        except NotFound:
            log.warning("%s %s is not a gift’s, or is gone at the processor", root.kind, root.id)
        except Exception as problem:  # noqa: BLE001 - noted, told to staff, and the next root gets its turn
            log.error("%s %s could not be read anew: %s", root.kind, root.id, describe_failure(problem))  # noqa: TRY400
            sentence = f"{root.id} could not be read anew ({type(problem).__name__})."
            self.unread.append(Mismatch(root.id, 0, 0, sentence))


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
