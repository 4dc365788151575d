"""Find hits by their delivery: taking an issue back deletes deliveries, and each is looked up among the hits."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Index the hits by delivery."""
    op.create_index("ix_hits_delivery", "hits", ["delivery_id"])
