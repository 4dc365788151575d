"""Keep what a person chose, and which file brought them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Keep what a person chose, and which file brought them."""
    op.add_column("subscribers", sa.Column("tags", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False))
    op.add_column(
        "subscribers", sa.Column("fields", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False)
    )
    op.add_column("subscribers", sa.Column("import_id", sa.BigInteger(), nullable=True))
    op.add_column("subscribers", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscriptions", sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("subscriptions", sa.Column("frequency", sa.String(40), server_default="every", nullable=False))
    op.add_column("subscriptions", sa.Column("source", sa.Text(), server_default="", nullable=False))
    op.add_column("subscriptions", sa.Column("import_id", sa.BigInteger(), nullable=True))
    op.add_column("subscriptions", sa.Column("ended_reason", sa.String(40), nullable=True))
    op.add_column("subscriptions", sa.Column("ended_note", sa.Text(), nullable=True))
