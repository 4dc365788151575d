"""How well the books are kept: the latest comparisons with the processor, and the events that it sent. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.clock import now
from service.donations.reconcile import Reconciliation
from service.inbox.models import EventState, OutsideEvent

RECENT = timedelta(days=1)


@dataclass(frozen=True)
class InboxHealth:
    """What became of events: how many wait or failed, how many came in the last day, when the last one came."""

    waiting: int
    failed: int
    came_lately: int
    last_at: datetime | None
    oldest_waiting_at: datetime | None


def list_reconciliations(session: Session) -> list[Reconciliation]:
    """Return the latest twenty comparisons, newest first; one without ``finished_at`` is running, or broke off."""
    return list(session.scalars(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(20)))


def get_inbox_health(session: Session) -> InboxHealth:
    """Return how the events fare."""
    waits = OutsideEvent.state == EventState.RECEIVED
    row = session.execute(
        select(
            func.count().filter(waits),
            func.count().filter(OutsideEvent.state == EventState.FAILED),
            func.count().filter(OutsideEvent.received_at > now() - RECENT),
            func.max(OutsideEvent.received_at),
            func.min(OutsideEvent.received_at).filter(waits),
        )
    ).one()
    return InboxHealth(*row)


def list_failed_events(session: Session) -> list[OutsideEvent]:
    """Return events that staff must see to, the newest fifty, newest first."""
    failed = select(OutsideEvent).where(OutsideEvent.state == EventState.FAILED)
    return list(session.scalars(failed.order_by(OutsideEvent.id.desc()).limit(50)))
