"""Requests to get a newsletter, as they came, and what staff have switched on at the doors. Decides nothing."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, Identity, Index, Text, false, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class Door(StrEnum):
    """Where a sign-up came in."""

    PAGE = "page"
    ELSEWHERE = "elsewhere"
    JSON = "json"
    STAFF = "staff"


class SignUpOutcome(StrEnum):
    """What became of a sign-up; the person at the door never learns it."""

    CONFIRM = "confirm"
    ALREADY = "already"
    TOO_MANY = "too-many"


class SignUp(Base):
    """One request as it came. A worker decides what becomes of it; limits are counted from these rows.

    ``network`` is what a household shares, never an IP. ``fields`` answers what the form asked beside. ``mark`` is the
    form's: a form is sent once. Trimmed after 30 days.
    """

    __tablename__ = "sign_ups"
    __table_args__ = (
        Index("ix_sign_ups_created_at", "created_at"),
        Index("ix_sign_ups_network_created_at", "network", "created_at"),
        Index("ix_sign_ups_address_key_created_at", "address_key", "created_at"),
        Index("ix_sign_ups_waiting", "id", postgresql_where="outcome is null"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    mark: Mapped[str | None] = mapped_column(unique=True)
    address: Mapped[str]
    mailed_address: Mapped[str]
    address_key: Mapped[str] = mapped_column(Text(collation="C"))
    name: Mapped[str | None]
    language: Mapped[str]
    source: Mapped[str] = mapped_column(server_default="")
    newsletter_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    wording: Mapped[str]
    door: Mapped[Door] = mapped_column(word_type(Door))
    network: Mapped[str]
    fields: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    outcome: Mapped[SignUpOutcome | None] = mapped_column(word_type(SignUpOutcome))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class SignUpRules(Base):
    """What staff have switched on at the doors. One row, made by the migration."""

    __tablename__ = "sign_up_rules"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    refuses_disposable: Mapped[bool] = mapped_column(server_default=false())
    asks_for_work: Mapped[bool] = mapped_column(server_default=false())
    attack_until: Mapped[datetime | None]
