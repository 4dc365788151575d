"""Note on each delivery whether its reader is thanked instead of asked."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Note on each delivery whether its reader is thanked instead of asked."""
    op.add_column("deliveries", sa.Column("is_thanked", sa.Boolean(), server_default=sa.text("false"), nullable=False))
