"""The table of events from outside. Owns that each is stored once; never knows what an event means."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Identity, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class Provider(StrEnum):
    """Who tells us."""

    STRIPE = "stripe"


class EventState(StrEnum):
    """Where an event stands. ``failed`` waits for staff; ``ignored`` is of a kind that changes nothing here."""

    RECEIVED = "received"
    DONE = "done"
    FAILED = "failed"
    IGNORED = "ignored"


class OutsideEvent(Base):
    """One event as it came. The payload is a hint: whoever handles it asks the provider again for what is true.

    ``payload`` holds people's data and is emptied after 90 days (``inbox.trimming``).
    """

    __tablename__ = "outside_events"
    __table_args__ = (
        UniqueConstraint("provider", "event_id"),
        Index("ix_outside_events_waiting", "next_attempt_at", postgresql_where="state = 'received'"),
        Index("ix_outside_events_type_received_at", "type", "received_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    provider: Mapped[Provider] = mapped_column(word_type(Provider))
    event_id: Mapped[str]
    type: Mapped[str]
    api_version: Mapped[str] = mapped_column(default="")
    object_id: Mapped[str] = mapped_column(default="")
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[EventState] = mapped_column(word_type(EventState), default=EventState.RECEIVED)
    attempts: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    occurred_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    handled_at: Mapped[datetime | None]
