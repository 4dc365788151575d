"""The tables of readers and their consent. Owns what a person agreed to; never what was sent to them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, word_type
from service.subscribers.states import ConsentSource, LeaveReason, MailFrequency, SubscriptionEvent, SubscriptionState


class Subscriber(Base):
    """A person who reads. ``address_key`` makes two spellings one person; ``mailed_address`` is the envelope's form.

    ``fields`` are what forms and files asked beside, as text. ``import_id`` is the file that brought the person; no
    foreign key, which would cost an import a probe for each row of it. An erased person's row stays, empty, for the
    copies that were sent: its key is ``erased:`` and its id, which no address can be.
    """

    __tablename__ = "subscribers"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    address: Mapped[str]
    mailed_address: Mapped[str]
    address_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    name: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="en")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    fields: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    import_id: Mapped[int | None]
    erased_at: Mapped[datetime | None]

    subscriptions: Mapped[list["Subscription"]] = relationship(
        back_populates="subscriber", primaryjoin="Subscriber.id == foreign(Subscription.subscriber_id)"
    )


class Subscription(Base):
    """The tie of one person to one newsletter; it stays with both.

    No foreign keys to them: each would cost an import a probe for every row. Triggers (migrations 0042 and 0044) ask
    once for each statement whether both are there, let no newsletter go, and nobody who has a subscription.

    ``source`` is where the person came from ("footer", "Substack export"): an outsider's word, at most 100 characters.
    ``ended_note`` is the person's own, at most 500.
    """

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("subscriber_id", "newsletter_id"),
        Index("ix_subscriptions_active", "newsletter_id", "id", postgresql_where="state = 'active'"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscriber_id: Mapped[int]
    newsletter_id: Mapped[int]
    state: Mapped[SubscriptionState] = mapped_column(word_type(SubscriptionState), default=SubscriptionState.PENDING)
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    confirmed_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    frequency: Mapped[MailFrequency] = mapped_column(word_type(MailFrequency), server_default=MailFrequency.EVERY)
    source: Mapped[str] = mapped_column(server_default="")
    import_id: Mapped[int | None]
    ended_reason: Mapped[LeaveReason | None] = mapped_column(word_type(LeaveReason))
    ended_note: Mapped[str | None]

    subscriber: Mapped[Subscriber] = relationship(
        back_populates="subscriptions", primaryjoin="foreign(Subscription.subscriber_id) == Subscriber.id"
    )


class ConsentEvent(Base):
    """Proof of one step: who, when, how, and the exact wording they saw. The database lets nobody change or delete one.

    It is about one subscription, or about all that one file brought. ``account_id``: who of the staff acted.
    """

    __tablename__ = "consent_events"
    __table_args__ = (
        CheckConstraint("(subscription_id is null) <> (import_id is null)", name="about_one"),
        Index("ix_consent_events_import_id", "import_id", postgresql_where="import_id is not null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscription_id: Mapped[int | None] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    event: Mapped[SubscriptionEvent] = mapped_column(word_type(SubscriptionEvent))
    source: Mapped[ConsentSource] = mapped_column(word_type(ConsentSource))
    wording: Mapped[str]
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
    import_id: Mapped[int | None]
    account_id: Mapped[int | None]
