"""The tables of readers and their consent. Owns what a person agreed to; never what was sent to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, word_type
from service.subscribers.states import ConsentSource, SubscriptionEvent, SubscriptionState


class Subscriber(Base):
    """A person who reads. ``address_key`` makes two spellings one person; ``mailed_address`` is the envelope's form."""

    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    address: Mapped[str]
    mailed_address: Mapped[str]
    address_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    name: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    subscriptions: Mapped[list["Subscription"]] = relationship(back_populates="subscriber")


class Subscription(Base):
    """The tie of one person to one newsletter."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        Index("ix_subscriptions_active", "newsletter_id", "id", postgresql_where="state = 'active'"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"))
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    state: Mapped[SubscriptionState] = mapped_column(word_type(SubscriptionState), default=SubscriptionState.PENDING)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    subscriber: Mapped[Subscriber] = relationship(back_populates="subscriptions")


class ConsentEvent(Base):
    """Proof of one step: who, when, how, and the exact wording they saw. Only ever added."""

    __tablename__ = "consent_events"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    event: Mapped[SubscriptionEvent] = mapped_column(word_type(SubscriptionEvent))
    source: Mapped[ConsentSource] = mapped_column(word_type(ConsentSource))
    wording: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
