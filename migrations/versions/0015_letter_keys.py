"""Give letters the key of their reason."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Give letters the key of their reason."""
    op.add_column("letters", sa.Column("key", sa.Text(), nullable=True))
    op.create_unique_constraint("uq_letters_key", "letters", ["key"])
