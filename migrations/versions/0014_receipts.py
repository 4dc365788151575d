"""Create receipts and statements; only their state may change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Create receipts and statements; only their state may change."""
    op.create_table(
        "receipt_counters",
        sa.Column("year", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name="pk_receipt_counters"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("donation_id", sa.BigInteger(), nullable=False),
        sa.Column("donor_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("state_reason", sa.Text(), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.Text(), nullable=False),
        sa.Column("donor_name", sa.Text(), nullable=False),
        sa.Column("donor_address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_cover_minor", sa.BigInteger(), nullable=False),
        sa.Column("fair_market_value_minor", sa.BigInteger(), nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("deductible_minor", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("fund_name", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("tribute", sa.Text(), nullable=False),
        sa.Column("is_renewal", sa.Boolean(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name="fk_receipts_donation_id_donations"),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name="fk_receipts_donor_id_donors"),
        sa.PrimaryKeyConstraint("id", name="pk_receipts"),
        sa.UniqueConstraint("number", "version", name="uq_receipts_number_version"),
    )
    op.create_index("ix_receipts_donation_id", "receipts", ["donation_id"], unique=False)
    op.create_index("ix_receipts_donor_id_year", "receipts", ["donor_id", "year"], unique=False)
    op.create_index(
        "uq_receipts_valid", "receipts", ["donation_id"], unique=True, postgresql_where="state in ('issued', 'held')"
    )
    op.create_table(
        "statements",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donor_id", sa.BigInteger(), nullable=False),
        sa.Column("year", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("state_changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.Text(), nullable=False),
        sa.Column("donor_name", sa.Text(), nullable=False),
        sa.Column("donor_address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("lines", postgresql.JSONB(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("deductible_minor", sa.BigInteger(), nullable=False),
        sa.Column("statement", sa.Text(), nullable=False),
        sa.Column("template_version", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("approved_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["approved_by_id"], ["accounts.id"], name="fk_statements_approved_by_id_accounts"),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name="fk_statements_donor_id_donors"),
        sa.PrimaryKeyConstraint("id", name="pk_statements"),
        sa.UniqueConstraint("donor_id", "year", "version", name="uq_statements_donor_id_year_version"),
    )
    op.create_index("ix_statements_donor_id", "statements", ["donor_id"], unique=False)
    op.create_index("ix_statements_year", "statements", ["year"], unique=False)

    op.execute(
        """
        create function refuse_rewriting() returns trigger language plpgsql as $$
        declare
            free text[] := array['state', 'state_reason', 'state_changed_at', 'approved_by_id'];
        begin
            if tg_op = 'UPDATE' and to_jsonb(new) - free = to_jsonb(old) - free then
                return new;
            end if;
            raise exception '% is never rewritten', tg_table_name using errcode = 'restrict_violation';
        end $$
        """
    )
    for table in ("receipts", "statements"):
        op.execute(
            f"create trigger only_state before update or delete on {table} "
            "for each row execute function refuse_rewriting()"
        )
        op.execute(
            f"create trigger never_emptied before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
