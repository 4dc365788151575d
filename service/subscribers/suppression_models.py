"""Addresses that must not be mailed, whatever anybody else says of them. Written by ``suppression`` alone."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class SuppressionReason(StrEnum):
    """Why an address must not be mailed."""

    COMPLAINT = "complaint"
    DEAD = "dead-mailbox"
    ASKED = "asked"
    STAFF = "staff"
    IMPORTED = "imported"
    ERASED = "erased"


class LiftedBy(StrEnum):
    """Who may take a suppression back."""

    STAFF = "staff"
    CONFIRMED = "confirmed-sign-up"


class Suppression(Base):
    """An address that must not be mailed, and why. Only ``suppression`` writes it; the database refuses the rest.

    ``address_key`` is None once the person was erased: ``address_hash`` still knows the address if it comes back.
    ``evidence`` holds ids only. ``account_id``: who of the staff added or lifted it.
    """

    __tablename__ = "suppressions"
    __table_args__ = (
        CheckConstraint("address_key is not null or address_hash is not null", name="names_someone"),
        CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="lifted_by_someone"),
        Index(
            "uq_suppressions_standing_key",
            "address_key",
            unique=True,
            postgresql_where="lifted_at is null and address_key is not null",
        ),
        Index(
            "uq_suppressions_standing_hash",
            "address_hash",
            unique=True,
            postgresql_where="lifted_at is null and address_hash is not null",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    address_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    address_hash: Mapped[bytes | None]
    reason: Mapped[SuppressionReason] = mapped_column(word_type(SuppressionReason))
    note: Mapped[str] = mapped_column(server_default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    account_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[LiftedBy | None] = mapped_column(word_type(LiftedBy))
    lift_note: Mapped[str] = mapped_column(server_default="")


class SuppressionSalt(Base):
    """32 random bytes of this house, hashed in with an erased address. One row, never changed."""

    __tablename__ = "suppression_salt"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    salt: Mapped[bytes]
