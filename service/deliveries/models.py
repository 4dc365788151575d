"""The tables of sending: the truth about every person's copy, and the batches it is sent in. Never the text of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, Sequence, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type
from service.deliveries.states import DeliveryState

# A sequence, for it never goes back: a claim that was rolled back may be in a journal, and must be nobody's claim.
fences = Sequence("fences", metadata=Base.metadata)


class Delivery(Base):
    """One issue to one subscriber. ``fence`` is new with every claim: a sender that slept too long is refused.

    ``recipient`` and ``name`` are frozen with the audience, so that a copy is the same bytes at every attempt.
    ``is_thanked``: the person had given lately when the audience was frozen, and reads thanks in place of the ask.
    ``lease_until`` is by the database's clock. ``route`` is the relay that answered. ``first_tried_at`` is when a relay
    first put it off. ``settled_at``: staff have looked at an uncertain copy and left it so.

    No index names the state, and half of each page stays free: a row's updates then touch nothing but its own page.
    What waits is found through the batches.
    """

    __tablename__ = "deliveries"
    __table_args__ = (UniqueConstraint("issue_id", "subscriber_id"), {"postgresql_with": {"fillfactor": 50}})

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    # Without these two indexes, to take away one person who came by mistake would read every copy ever sent.
    subscriber_id: Mapped[int] = mapped_column(ForeignKey("subscribers.id"), index=True)
    subscription_id: Mapped[int] = mapped_column(ForeignKey("subscriptions.id"), index=True)
    recipient: Mapped[str]
    name: Mapped[str | None]
    is_thanked: Mapped[bool] = mapped_column(server_default=false())
    state: Mapped[DeliveryState] = mapped_column(word_type(DeliveryState), server_default=DeliveryState.QUEUED)
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    crashes: Mapped[int] = mapped_column(server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_id: Mapped[str | None]
    route: Mapped[str | None]
    reply_code: Mapped[int | None]
    reply_text: Mapped[str | None]
    reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    first_tried_at: Mapped[datetime | None]


class Batch(Base):
    """A unit of sending work: the deliveries of one issue whose ids lie between ``first_id`` and ``last_id``.

    A sender holds it under a lease by the database's clock, and ``fence`` tells it from whoever held it before.
    ``due_at`` is when one of its copies waits next; None once no copy of it is open.
    """

    __tablename__ = "batches"
    __table_args__ = (Index("ix_batches_open", "issue_id", "due_at", "id", postgresql_where="due_at is not null"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id"))
    first_id: Mapped[int]
    last_id: Mapped[int]
    size: Mapped[int]
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(server_default=func.now())


class BatchSignatures(Base):
    """The DKIM signatures of a batch, made before its issue may leave. They hold for exactly the bytes they were made
    over: ``made_under`` names all that those depend on. Deleted once the batch has been sent."""

    __tablename__ = "batch_signatures"

    batch_id: Mapped[int] = mapped_column(ForeignKey("batches.id", ondelete="CASCADE"), primary_key=True)
    made_under: Mapped[str]
    signatures: Mapped[bytes]


SEARCH = 0  # where nobody knows beforehand how many it will be about


class AudiencePlan(Base):
    """An audience that is being planned in the background; without this row an issue's audience is whole.

    ``expected`` is how many people it will be about; ``SEARCH`` where an issue that has begun goes to who still lacks
    it. ``after_id`` is the last subscription that was looked at.
    """

    __tablename__ = "audience_plans"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True)
    expected: Mapped[int]
    after_id: Mapped[int] = mapped_column(server_default="0")


class RecentAnswers(Base):
    """The relays' last answers about one issue, oldest first, a letter each: "a" accepted, "r" refused. For the
    breaker, which looks at the whole fleet."""

    __tablename__ = "recent_answers"

    issue_id: Mapped[int] = mapped_column(ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True)
    letters: Mapped[str]


class Instance(Base):
    """Whose database this is. One row: which public address sends from it, in which database cluster, and an epoch
    that grows at every start of a sender, so that an old copy of it is known beside the living one."""

    __tablename__ = "instance"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    public_url: Mapped[str]
    database: Mapped[str]
    epoch: Mapped[int] = mapped_column(server_default="0")
    adopted_at: Mapped[datetime] = mapped_column(server_default=func.now())
