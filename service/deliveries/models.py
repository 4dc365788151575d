"""The table of deliveries: the truth about every person's copy. Never the text of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type
from service.deliveries.states import DeliveryState


class Delivery(Base):
    """One issue to one subscriber. ``fence`` grows with every claim: a sender that slept too long is refused.

    ``lease_until`` is by the database's clock. Half of each page stays free, so that a row's five updates stay on it.
    ``is_thanked``: the person had given lately when the audience was frozen, and reads thanks in place of the ask.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("issue_id", "subscriber_id"),
        Index("ix_deliveries_queued", "issue_id", "next_attempt_at", postgresql_where="state = 'queued'"),
        Index("ix_deliveries_leased", "lease_until", postgresql_where="state in ('claimed', 'sending')"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"))
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"))
    recipient: Mapped[str]
    is_thanked: Mapped[bool] = mapped_column(server_default=false())
    state: Mapped[DeliveryState] = mapped_column(word_type(DeliveryState), server_default=DeliveryState.QUEUED)
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    crashes: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_id: Mapped[str | None]
    reply_code: Mapped[int | None]
    reply_text: Mapped[str | None]
    reason: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
