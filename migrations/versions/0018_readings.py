"""Create the readings: when each thing at the processor was last read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Create the readings: when each thing at the processor was last read anew."""
    op.create_table(
        "readings",
        sa.Column("root", sa.Text(), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("root", name="pk_readings"),
    )
