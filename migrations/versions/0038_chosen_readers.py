"""Let an issue go to chosen readers only, and keep the words by which they were chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    """Let an issue go to chosen readers only, and keep the words by which they were chosen."""
    for name in ("segment_id", "excluded_segment_id"):
        op.add_column("issues", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(f"fk_issues_{name}_segments", "issues", "segments", [name], ["id"])
    for name in ("segment_text", "excluded_segment_text"):
        op.add_column("issues", sa.Column(name, sa.Text(), nullable=True))
