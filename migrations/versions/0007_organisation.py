"""Create the organisation: legal facts and rules for gifts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the organisation: legal facts and rules for gifts."""
    op.create_table(
        "organisations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("tax_number", sa.Text(), nullable=False),
        sa.Column("postal_address", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("sender_address", sa.Text(), nullable=False),
        sa.Column("reply_address", sa.Text(), nullable=False),
        sa.Column("signatory", sa.Text(), nullable=False),
        sa.Column("disclosure", sa.Text(), nullable=False),
        sa.Column("suggested_minor", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("smallest_minor", sa.BigInteger(), nullable=False),
        sa.Column("largest_minor", sa.BigInteger(), nullable=False),
        sa.Column("refund_limit_minor", sa.BigInteger(), nullable=False),
        sa.Column("fee_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("fee_fixed_minor", sa.BigInteger(), nullable=False),
        sa.Column("thanks_days", sa.BigInteger(), nullable=False),
        sa.Column("giving_paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("giving_pause_reason", sa.Text(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_organisations_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_organisations"),
    )
