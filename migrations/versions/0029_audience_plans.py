"""Remember how far the planning of a large audience has come, so that it goes on after any crash."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Create the table; the code before plans an audience at once, and needs no row in it."""
    op.create_table(
        "audience_plans",
        sa.Column("issue_id", sa.BigInteger, sa.ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("expected", sa.BigInteger, nullable=False),
        sa.Column("after_id", sa.BigInteger, nullable=False, server_default="0"),
    )
