"""The tables of gifts: what was asked for, what was paid, and the ledger. Amounts are minor units of ``currency``.

Rows about money mirror the processor and are derived anew by ``settlement``; only the ledger is the books, and only
grows (a trigger refuses anything else).
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, word_type
from service.donations.states import (
    AttemptState,
    DisputeState,
    DonationState,
    Frequency,
    LedgerKind,
    RecurringState,
    RefundState,
)


class Fund(Base):
    """What a gift is for. ``goal_minor`` is drawn as a bar; ``product_id`` is its name at the processor."""

    __tablename__ = "funds"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    product_id: Mapped[str | None]
    goal_minor: Mapped[int | None]
    is_open: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Donor(Base):
    """A giver, known by one address. Never a subscriber's or a member of staff's row, and never tied to one."""

    __tablename__ = "donors"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    address_key: Mapped[str] = mapped_column(Text(collation="C"), unique=True)
    mailed_address: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    customer_id: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Attempt(Base):
    """One gift form as it was sent, stored before the processor hears of it.

    ``nonce`` comes with the form, so that a double click is one gift. ``public_id`` is what the processor is told.
    ``amount_minor`` is the gift; ``fee_cover_minor`` is charged on top. ``network`` is the giver's, for the limits.
    """

    __tablename__ = "attempts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("fee_cover_minor >= 0", name="fee_cover"),
        Index("ix_attempts_network_created_at", "network", "created_at"),
        Index("ix_attempts_address_key_created_at", "address_key", "created_at"),
        Index("ix_attempts_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    nonce: Mapped[str] = mapped_column(unique=True)
    state: Mapped[AttemptState] = mapped_column(word_type(AttemptState), default=AttemptState.NEW)
    session_id: Mapped[str | None] = mapped_column(unique=True)
    session_url: Mapped[str | None]
    tries: Mapped[int] = mapped_column(default=0)
    problem: Mapped[str] = mapped_column(default="")
    network: Mapped[str] = mapped_column(default="")
    address_key: Mapped[str] = mapped_column(Text(collation="C"))
    mailed_address: Mapped[str]
    donor_name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    amount_minor: Mapped[int]
    fee_cover_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    frequency: Mapped[Frequency] = mapped_column(word_type(Frequency))
    fund_id: Mapped[int] = mapped_column(ForeignKey("funds.id"))
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    tribute_kind: Mapped[str] = mapped_column(default="")  # "", "honour" or "memory"
    tribute_name: Mapped[str] = mapped_column(default="")
    employer: Mapped[str] = mapped_column(default="")
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    item_id: Mapped[int | None]  # no foreign key: an item may be removed, and the gift still says what asked
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]

    fund: Mapped[Fund] = relationship()


class RecurringDonation(Base):
    """A standing arrangement. ``amount_minor`` is charged each time and includes ``fee_cover_minor``.

    The processor keeps the calendar and charges; ``next_charge_at`` is what it last told us. ``failing_*`` describe a
    renewal that is being retried now.
    """

    __tablename__ = "recurring_donations"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    subscription_id: Mapped[str] = mapped_column(unique=True)
    item_id: Mapped[str] = mapped_column(default="")
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("donors.id"), index=True)
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("funds.id"))
    state: Mapped[RecurringState] = mapped_column(word_type(RecurringState), default=RecurringState.INCOMPLETE)
    frequency: Mapped[Frequency] = mapped_column(word_type(Frequency), default=Frequency.MONTHLY)
    amount_minor: Mapped[int] = mapped_column(default=0)
    fee_cover_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(default="usd")
    method: Mapped[str] = mapped_column(default="")  # for people: "Visa •••• 4242"
    started_at: Mapped[datetime | None]
    next_charge_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]  # set when it will end by itself at that time
    resumes_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str] = mapped_column(default="")
    failing_invoice_id: Mapped[str | None]
    failing_tries: Mapped[int] = mapped_column(default=0)
    failing_next_try_at: Mapped[datetime | None]
    failing_pay_url: Mapped[str | None]
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    donor: Mapped[Donor | None] = relationship()
    fund: Mapped[Fund | None] = relationship()
    attempt: Mapped[Attempt | None] = relationship()


class RecurringChange(Base):
    """What a donor or staff changed about a standing arrangement; its id is in the processor's idempotency key.

    ``kind``: amount, date, pause, resume or stop. ``state``: asked, done or failed.
    """

    __tablename__ = "recurring_changes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    recurring_id: Mapped[int] = mapped_column(ForeignKey("recurring_donations.id"), index=True)
    kind: Mapped[str]
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    state: Mapped[str] = mapped_column(default="asked")
    problem: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())
    done_at: Mapped[datetime | None]


class RenewalFailure(Base):
    """One failed try at one renewal. Only ever added; each has its letter to the donor."""

    __tablename__ = "renewal_failures"
    __table_args__ = (UniqueConstraint("invoice_id", "tries"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    recurring_id: Mapped[int] = mapped_column(ForeignKey("recurring_donations.id"), index=True)
    invoice_id: Mapped[str]
    tries: Mapped[int]
    next_try_at: Mapped[datetime | None]
    pay_url: Mapped[str | None]
    noted_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Donation(Base):
    """One payment. ``amount_minor`` is the whole that was charged; ``fee_cover_minor`` of it was added for the fee.

    ``fair_market_value_minor`` and ``benefit`` describe what the giver got in return, if anything. ``review`` is a
    sentence for staff when something does not fit what was asked for.
    """

    __tablename__ = "donations"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("refunded_minor between 0 and amount_minor", name="refunded"),
        Index("ix_donations_paid_at", "paid_at"),
        Index("ix_donations_issue_id", "issue_id"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    payment_id: Mapped[str | None] = mapped_column(unique=True)  # the processor's PaymentIntent; None when offline
    charge_id: Mapped[str | None] = mapped_column(unique=True)
    invoice_id: Mapped[str | None] = mapped_column(index=True)  # several payments may settle one invoice
    offline_id: Mapped[str | None] = mapped_column(unique=True)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    recurring_id: Mapped[int | None] = mapped_column(ForeignKey("recurring_donations.id"), index=True)
    donor_id: Mapped[int | None] = mapped_column(ForeignKey("donors.id"), index=True)
    fund_id: Mapped[int | None] = mapped_column(ForeignKey("funds.id"), index=True)
    state: Mapped[DonationState] = mapped_column(word_type(DonationState))
    amount_minor: Mapped[int]
    fee_cover_minor: Mapped[int] = mapped_column(default=0)
    refunded_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str]
    giver_name: Mapped[str] = mapped_column(default="")  # as typed with this gift; two people may share an address
    method: Mapped[str] = mapped_column(default="")  # for people: "Visa •••• 4242", "Cheque 1042"
    paid_at: Mapped[datetime | None]
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    tribute_kind: Mapped[str] = mapped_column(default="")
    tribute_name: Mapped[str] = mapped_column(default="")
    employer: Mapped[str] = mapped_column(default="")
    fair_market_value_minor: Mapped[int] = mapped_column(default=0)
    benefit: Mapped[str] = mapped_column(default="")
    issue_id: Mapped[int | None] = mapped_column(ForeignKey("issues.id"))
    item_id: Mapped[int | None]
    review: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())

    donor: Mapped[Donor | None] = relationship()
    fund: Mapped[Fund | None] = relationship()
    recurring: Mapped[RecurringDonation | None] = relationship()
    refunds: Mapped[list["Refund"]] = relationship(order_by="Refund.created_at")
    disputes: Mapped[list["Dispute"]] = relationship(order_by="Dispute.created_at")
    ledger: Mapped[list["LedgerEntry"]] = relationship(order_by="LedgerEntry.occurred_at, LedgerEntry.id")


class Refund(Base):
    """One refund as the processor has it."""

    __tablename__ = "refunds"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    refund_id: Mapped[str] = mapped_column(unique=True)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donations.id"), index=True)
    amount_minor: Mapped[int]
    state: Mapped[RefundState] = mapped_column(word_type(RefundState))
    created_at: Mapped[datetime]


class RefundRequest(Base):
    """What staff asked to be paid back, stored before the processor is asked; its id is in the idempotency key.

    Above the organisation's limit it waits for a second person. ``state``: waiting, approved, sent, declined, failed.
    """

    __tablename__ = "refund_requests"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donations.id"), index=True)
    amount_minor: Mapped[int]
    reason: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    refund_id: Mapped[str | None] = mapped_column(unique=True)
    problem: Mapped[str] = mapped_column(default="")
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    requested_at: Mapped[datetime] = mapped_column(server_default=func.now())
    decided_at: Mapped[datetime | None]

    donation: Mapped[Donation] = relationship()


class Dispute(Base):
    """One dispute as the processor has it. ``status`` is its own word; ``state`` is ours."""

    __tablename__ = "disputes"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    dispute_id: Mapped[str] = mapped_column(unique=True)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donations.id"), index=True)
    amount_minor: Mapped[int]
    reason: Mapped[str]
    status: Mapped[str]
    state: Mapped[DisputeState] = mapped_column(word_type(DisputeState))
    answer_by: Mapped[datetime | None]
    created_at: Mapped[datetime]


class LedgerEntry(Base):
    """One line of the books: signed, in minor units. Only ever added; a correction is a new line.

    ``key`` makes writing it again harmless. ``source_id`` is the charge, refund or dispute that it belongs to, by which
    it is compared with the processor's own balance; None for what never went through it.
    """

    __tablename__ = "ledger_entries"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    donation_id: Mapped[int] = mapped_column(ForeignKey("donations.id"), index=True)
    kind: Mapped[LedgerKind] = mapped_column(word_type(LedgerKind))
    amount_minor: Mapped[int]
    currency: Mapped[str]
    source_id: Mapped[str | None] = mapped_column(index=True)
    occurred_at: Mapped[datetime] = mapped_column(index=True)
    written_at: Mapped[datetime] = mapped_column(server_default=func.now())
