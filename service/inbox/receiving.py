"""Taking an event in. Owns that one event is one row, however often it is told."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from service.inbox.models import OutsideEvent, Provider
from service.jobs import Job, enqueue


def receive_event(
    session: Session,
    provider: Provider,
    event_id: str,
    *,
    type: str,  # noqa: A002 - the word that every provider uses
    api_version: str,
    object_id: str,
    occurred_at: datetime,
    payload: dict[str, Any],
) -> int | None:
    """Store an event and nudge a worker after the commit. Returns its row's id, or None when it was here before.

    Safe to repeat: the provider's own id is unique.
    """
    row = insert(OutsideEvent).values(
        provider=provider,
        event_id=event_id,
        type=type,
        api_version=api_version,
        object_id=object_id,
        occurred_at=occurred_at,
        payload=payload,
    )
    stored = row.on_conflict_do_nothing(index_elements=[OutsideEvent.provider, OutsideEvent.event_id])
    new_id = session.scalar(stored.returning(OutsideEvent.id))
    if new_id is not None:
        enqueue(session, Job.HANDLE_EVENT, new_id)
    return new_id
