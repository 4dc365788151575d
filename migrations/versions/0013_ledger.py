"""Create the ledger, which is only ever added to, and its reconciliations."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Create the ledger, which is only ever added to, and its reconciliations."""
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("donation_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["donation_id"], ["donations.id"], name="fk_ledger_entries_donation_id_donations"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
        sa.UniqueConstraint("key", name="uq_ledger_entries_key"),
    )
    op.create_index("ix_ledger_entries_donation_id", "ledger_entries", ["donation_id"], unique=False)
    op.create_index("ix_ledger_entries_occurred_at", "ledger_entries", ["occurred_at"], unique=False)
    op.create_index("ix_ledger_entries_source_id", "ledger_entries", ["source_id"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payments", sa.BigInteger(), nullable=False),
        sa.Column("recurring", sa.BigInteger(), nullable=False),
        sa.Column("events_found", sa.BigInteger(), nullable=False),
        sa.Column("repaired", sa.BigInteger(), nullable=False),
        sa.Column("ledger_minor", sa.BigInteger(), nullable=False),
        sa.Column("processor_minor", sa.BigInteger(), nullable=False),
        sa.Column("mismatches", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reconciliations"),
    )

    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception '% is only ever added to', tg_table_name using errcode = 'restrict_violation';
        end $$
        """
    )
    for table in ("ledger_entries",):
        op.execute(
            f"create trigger only_added before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger never_emptied before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
