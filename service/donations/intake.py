"""Taking in what the processor tells, or could not tell: each event stored once, whoever brings it."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.donations.gateway import Gateway, GatewayEvent
from service.inbox.models import Provider
from service.inbox.receiving import receive_event


def store_event(session: Session, event: GatewayEvent) -> int | None:
    """Store one verified event; None when it was here before. Safe to repeat."""
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


def fetch_missed_events(factory: SessionFactory, gateway: Gateway, since: datetime) -> int:
    """Store events that could not be delivered; workers handle them as any other. Returns how many were new."""
    found = 0
    for event in gateway.list_undelivered_events(since):
        with transaction(factory) as session:
            found += store_event(session, event) is not None
    return found
