"""Forgetting what events said: their payloads hold people's data, and nobody needs them after a while."""

from datetime import timedelta
from typing import Final

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from service.inbox.models import EventState, OutsideEvent

KEPT_FOR: Final = timedelta(days=90)


def trim_payloads(session: Session) -> int:
    """Empty the payloads of events that were settled long ago; the row itself stays, so that none is taken in twice."""
    old = (
        update(OutsideEvent)
        .where(
            OutsideEvent.state != EventState.RECEIVED,
            OutsideEvent.received_at < func.now() - KEPT_FOR,
            func.jsonb_typeof(OutsideEvent.payload["data"]) == "object",
        )
        .values(payload={})
        .returning(OutsideEvent.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(old).all())
