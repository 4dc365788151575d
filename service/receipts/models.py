"""The tables of receipts and statements. Each row is a snapshot of what was said; only its state may change.

A trigger refuses any other change and any deletion. Amounts are minor units of ``currency``.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class ReceiptState(StrEnum):
    """Where one version of a receipt stands. ``held``: the gift is in dispute, and not in a statement meanwhile."""

    ISSUED = "issued"
    HELD = "held"
    SUPERSEDED = "superseded"
    VOIDED = "voided"


class StatementState(StrEnum):
    """Where one version of a year's statement stands."""

    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    SUPERSEDED = "superseded"


class ReceiptCounter(Base):
    """The last receipt number of a year: numbers have no gaps."""

    __tablename__ = "receipt_counters"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last: Mapped[int]


class Paper:
    """What a receipt and a statement both say: by whom, to whom, how much, and the sentence on goods and services.

    ``deductible_minor`` is never below 0.
    """

    legal_name: Mapped[str]
    tax_number: Mapped[str]
    postal_address: Mapped[str]
    signatory: Mapped[str]
    disclosure: Mapped[str]
    donor_name: Mapped[str]
    donor_address: Mapped[str]
    language: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    deductible_minor: Mapped[int]
    statement: Mapped[str]
    template_version: Mapped[int]
    content_hash: Mapped[str]


class Receipt(Paper, Base):
    """One version of the receipt of one gift. ``amount_minor`` is what was given less what was paid back.

    ``given_on`` is the day in the organisation's zone.
    """

    __tablename__ = "receipts"
    __table_args__ = (
        UniqueConstraint("number", "version"),
        Index("uq_receipts_valid", "donation_id", unique=True, postgresql_where="state in ('issued', 'held')"),
        Index("ix_receipts_donor_id_year", "donor_id", "year"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    number: Mapped[str]  # "2026-000123"
    version: Mapped[int] = mapped_column(default=1)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donations.id"), index=True)
    donor_id: Mapped[int] = mapped_column(ForeignKey("donors.id"))
    state: Mapped[ReceiptState] = mapped_column(word_type(ReceiptState), default=ReceiptState.ISSUED)
    state_reason: Mapped[str] = mapped_column(default="")
    state_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    year: Mapped[int]
    given_on: Mapped[date]
    paid_minor: Mapped[int]
    refunded_minor: Mapped[int]
    fee_cover_minor: Mapped[int]
    fair_market_value_minor: Mapped[int]
    benefit: Mapped[str]
    fund_name: Mapped[str]
    method: Mapped[str]
    tribute: Mapped[str]
    is_renewal: Mapped[bool]
    issued_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Statement(Paper, Base):
    """One version of a donor's statement for a year. ``lines`` lists each gift as it stood when it was made."""

    __tablename__ = "statements"
    __table_args__ = (UniqueConstraint("donor_id", "year", "version"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    donor_id: Mapped[int] = mapped_column(ForeignKey("donors.id"), index=True)
    year: Mapped[int] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[StatementState] = mapped_column(word_type(StatementState), default=StatementState.DRAFT)
    state_changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    made_at: Mapped[datetime] = mapped_column(server_default=func.now())
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
