"""Create what happens to gifts afterwards: refunds, disputes, failures and changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Create what happens to gifts afterwards: refunds, disputes, failures and changes."""
    op.create_table(
        "recurring_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recurring_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_recurring_changes_account_id_accounts"),
        sa.ForeignKeyConstraint(
            ["recurring_id"], ["recurring_donations.id"], name="fk_recurring_changes_recurring_id_recurring_donations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_recurring_changes"),
    )
    op.create_index("ix_recurring_changes_recurring_id", "recurring_changes", ["recurring_id"], unique=False)
    op.create_table(
        "renewal_failures",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("recurring_id", sa.BigInteger(), nullable=False),
        sa.Column("invoice_id", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pay_url", sa.Text(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["recurring_id"], ["recurring_donations.id"], name="fk_renewal_failures_recurring_id_recurring_donations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_renewal_failures"),
        sa.UniqueConstraint("invoice_id", "tries", name="uq_renewal_failures_invoice_id_tries"),
    )
    op.create_index("ix_renewal_failures_recurring_id", "renewal_failures", ["recurring_id"], unique=False)
    op.create_table(
        "disputes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("dispute_id", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name="fk_disputes_donation_id_donations"),
        sa.PrimaryKeyConstraint("id", name="pk_disputes"),
        sa.UniqueConstraint("dispute_id", name="uq_disputes_dispute_id"),
    )
    op.create_index("ix_disputes_donation_id", "disputes", ["donation_id"], unique=False)
    op.create_table(
        "refund_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donation_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("requested_by_id", sa.BigInteger(), nullable=False),
        sa.Column("decided_by_id", sa.BigInteger(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["decided_by_id"], ["accounts.id"], name="fk_refund_requests_decided_by_id_accounts"),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name="fk_refund_requests_donation_id_donations"),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["accounts.id"], name="fk_refund_requests_requested_by_id_accounts"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_refund_requests"),
        sa.UniqueConstraint("refund_id", name="uq_refund_requests_refund_id"),
    )
    op.create_index("ix_refund_requests_donation_id", "refund_requests", ["donation_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("refund_id", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name="fk_refunds_donation_id_donations"),
        sa.PrimaryKeyConstraint("id", name="pk_refunds"),
        sa.UniqueConstraint("refund_id", name="uq_refunds_refund_id"),
    )
    op.create_index("ix_refunds_donation_id", "refunds", ["donation_id"], unique=False)
