"""Count how often a sender died over a letter, so that one that kills its process is set aside."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Add the count."""
    op.add_column("letters", sa.Column("crashes", sa.BigInteger(), server_default="0", nullable=False))
