"""Let each copy know when it was tried first: its retries end by its own clock, not by its issue's."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the column, empty: a copy that waits for another try has its whole window from that one."""
    op.add_column("deliveries", sa.Column("first_tried_at", sa.DateTime(timezone=True)))
