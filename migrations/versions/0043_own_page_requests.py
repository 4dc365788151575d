"""Remember how many links to own pages each network asked for, for the limits of that door."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    """Remember how many links to own pages each network asked for, for the limits of that door."""
    op.create_table(
        "own_page_requests",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("has_letter", sa.Boolean(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_own_page_requests"),
    )
    op.create_index("ix_own_page_requests_requested_at", "own_page_requests", ["requested_at"])
    op.create_index(
        "ix_own_page_requests_network_requested_at", "own_page_requests", ["network", "requested_at"], unique=False
    )
