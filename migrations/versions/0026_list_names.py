"""Freeze the newsletter's name with an edition: it stands in List-ID, and a rename must not change a sealed copy."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"

_FILL = """
update editions set list_name = newsletters.name
from issues, newsletters where issues.id = editions.issue_id and newsletters.id = issues.newsletter_id
"""


def upgrade() -> None:
    """Add the name, as it is now for what was sealed before."""
    op.add_column("editions", sa.Column("list_name", sa.Text(), server_default="", nullable=False))
    op.execute(_FILL)
