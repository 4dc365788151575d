"""Create wishes to be written to at another address."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    """Create wishes to be written to at another address."""
    op.create_table(
        "address_changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.Column("new_address", sa.Text(), nullable=False),
        sa.Column("new_mailed_address", sa.Text(), nullable=False),
        sa.Column("new_address_key", sa.Text(collation="C"), nullable=False),
        sa.Column("old_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("new_agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_address_changes_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_address_changes"),
        sa.UniqueConstraint("subscriber_id", name="uq_address_changes_subscriber_id"),
    )
