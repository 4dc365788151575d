"""Create gift forms, standing arrangements and payments."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Create gift forms, standing arrangements and payments."""
    op.create_table(
        "attempts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("public_id", sa.Text(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("session_id", sa.Text(), nullable=True),
        sa.Column("session_url", sa.Text(), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(collation="C"), nullable=False),
        sa.Column("mailed_address", sa.Text(), nullable=False),
        sa.Column("donor_name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_cover_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("frequency", sa.String(40), nullable=False),
        sa.Column("fund_id", sa.BigInteger(), nullable=False),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column("tribute_kind", sa.Text(), nullable=False),
        sa.Column("tribute_name", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="ck_attempts_amount"),
        sa.CheckConstraint("fee_cover_minor >= 0", name="ck_attempts_fee_cover"),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name="fk_attempts_fund_id_funds"),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_attempts_issue_id_issues"),
        sa.PrimaryKeyConstraint("id", name="pk_attempts"),
        sa.UniqueConstraint("nonce", name="uq_attempts_nonce"),
        sa.UniqueConstraint("public_id", name="uq_attempts_public_id"),
        sa.UniqueConstraint("session_id", name="uq_attempts_session_id"),
    )
    op.create_index("ix_attempts_address_key_created_at", "attempts", ["address_key", "created_at"], unique=False)
    op.create_index("ix_attempts_created_at", "attempts", ["created_at"], unique=False)
    op.create_index("ix_attempts_network_created_at", "attempts", ["network", "created_at"], unique=False)
    op.create_table(
        "recurring_donations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscription_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("donor_id", sa.BigInteger(), nullable=True),
        sa.Column("fund_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("frequency", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_cover_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_charge_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resumes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=False),
        sa.Column("failing_invoice_id", sa.Text(), nullable=True),
        sa.Column("failing_tries", sa.BigInteger(), nullable=False),
        sa.Column("failing_next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_pay_url", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_recurring_donations_attempt_id_attempts"),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name="fk_recurring_donations_donor_id_donors"),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name="fk_recurring_donations_fund_id_funds"),
        sa.PrimaryKeyConstraint("id", name="pk_recurring_donations"),
        sa.UniqueConstraint("subscription_id", name="uq_recurring_donations_subscription_id"),
    )
    op.create_index("ix_recurring_donations_donor_id", "recurring_donations", ["donor_id"], unique=False)
    op.create_table(
        "donations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.Column("charge_id", sa.Text(), nullable=True),
        sa.Column("invoice_id", sa.Text(), nullable=True),
        sa.Column("offline_id", sa.Text(), nullable=True),
        sa.Column("attempt_id", sa.BigInteger(), nullable=True),
        sa.Column("recurring_id", sa.BigInteger(), nullable=True),
        sa.Column("donor_id", sa.BigInteger(), nullable=True),
        sa.Column("fund_id", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_cover_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("giver_name", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_anonymous", sa.Boolean(), nullable=False),
        sa.Column("tribute_kind", sa.Text(), nullable=False),
        sa.Column("tribute_name", sa.Text(), nullable=False),
        sa.Column("employer", sa.Text(), nullable=False),
        sa.Column("fair_market_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=True),
        sa.Column("item_id", sa.BigInteger(), nullable=True),
        sa.Column("review", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="ck_donations_amount"),
        sa.CheckConstraint("refunded_minor between 0 and amount_minor", name="ck_donations_refunded"),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name="fk_donations_attempt_id_attempts"),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name="fk_donations_donor_id_donors"),
        sa.ForeignKeyConstraint(["fund_id"], ["funds.id"], name="fk_donations_fund_id_funds"),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_donations_issue_id_issues"),
        sa.ForeignKeyConstraint(
            ["recurring_id"], ["recurring_donations.id"], name="fk_donations_recurring_id_recurring_donations"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_donations"),
        sa.UniqueConstraint("charge_id", name="uq_donations_charge_id"),
        sa.UniqueConstraint("offline_id", name="uq_donations_offline_id"),
        sa.UniqueConstraint("payment_id", name="uq_donations_payment_id"),
    )
    op.create_index("ix_donations_donor_id", "donations", ["donor_id"], unique=False)
    op.create_index("ix_donations_fund_id", "donations", ["fund_id"], unique=False)
    op.create_index("ix_donations_invoice_id", "donations", ["invoice_id"], unique=False)
    op.create_index("ix_donations_issue_id", "donations", ["issue_id"], unique=False)
    op.create_index("ix_donations_paid_at", "donations", ["paid_at"], unique=False)
    op.create_index("ix_donations_recurring_id", "donations", ["recurring_id"], unique=False)
