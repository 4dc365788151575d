"""The outbox: letters to one person, stored in the transaction that is their reason. Never an issue's copies."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class LetterKind(StrEnum):
    """What a letter is for. Each is resent after a crash: twice is better than never."""

    CONFIRM = "confirm"  # about: subscription
    ALREADY_SUBSCRIBED = "already_subscribed"  # about: sign_up
    SELF_SERVICE = "self_service"  # about: subscriber, asked_at
    ADDRESS_OLD = "address_old"  # about: change
    ADDRESS_NEW = "address_new"  # about: change
    TEST = "test"  # about: issue
    RECEIPT = "receipt"  # about: receipt
    RECEIPT_VOIDED = "receipt_voided"  # about: receipt
    STATEMENT = "statement"  # about: statement
    GIFT_PENDING = "gift_pending"  # about: donation
    GIFT_FAILED = "gift_failed"  # about: donation
    RENEWAL_FAILED = "renewal_failed"  # about: failure
    RENEWAL_NOTICE = "renewal_notice"  # about: recurring
    RECURRING_CHANGED = "recurring_changed"  # about: change
    RECURRING_ENDED = "recurring_ended"  # about: recurring
    ALARM = "alarm"  # about: alarm
    DONOR_SIGN_IN = "donor_sign_in"  # about: sign_in


class LetterState(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class Letter(Base):
    """One transactional mail. ``about`` holds ids only: text and tokens are made at the moment of sending.

    ``key``, where there is one, names the reason, so that one reason is one letter however often it is seen.
    ``crashes``: how often its sender died over it.
    """

    __tablename__ = "letters"
    __table_args__ = (Index("ix_letters_open", "id", postgresql_where="state in ('queued', 'sending')"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    kind: Mapped[LetterKind] = mapped_column(word_type(LetterKind))
    recipient: Mapped[str]
    about: Mapped[dict[str, Any]] = mapped_column(JSONB)
    state: Mapped[LetterState] = mapped_column(word_type(LetterState), default=LetterState.QUEUED)
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    crashes: Mapped[int] = mapped_column(default=0, server_default="0")
    next_attempt_at: Mapped[datetime] = mapped_column(server_default=func.now())
    message_id: Mapped[str | None]
    reply_code: Mapped[int | None]
    reply_text: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    sent_at: Mapped[datetime | None]
