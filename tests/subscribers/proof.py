"""What is kept of a reader's yes and no, read straight from its table."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.subscribers.models import ConsentEvent


def list_consent_events(session: Session, subscription_id: int) -> list[ConsentEvent]:
    """Return the proof of one subscription, oldest first."""
    events = select(ConsentEvent).where(ConsentEvent.subscription_id == subscription_id).order_by(ConsentEvent.id)
    return list(session.scalars(events))
