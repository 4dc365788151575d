"""Create alarms."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Create alarms."""
    op.create_table(
        "alarms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("last_raised_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["settled_by_id"], ["accounts.id"], name="fk_alarms_settled_by_id_accounts"),
        sa.PrimaryKeyConstraint("id", name="pk_alarms"),
    )
    op.create_index("uq_alarms_standing", "alarms", ["key"], unique=True, postgresql_where="settled_at is null")
