"""Remember from where a past issue was brought in, so that no archive comes in twice."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Remember from where a past issue was brought in, so that no archive comes in twice."""
    op.add_column("issues", sa.Column("imported_from", sa.Text(), nullable=True))
    op.create_index(
        "uq_issues_imported_from",
        "issues",
        ["newsletter_id", "imported_from"],
        unique=True,
        postgresql_where="imported_from is not null",
    )
