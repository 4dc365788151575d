"""Find copies by their person: to take one away, PostgreSQL asks whether any copy still points there."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Index the copies by subscriber and by subscription, of which there may be many millions, while new ones come."""
    with op.get_context().autocommit_block():
        # It waits for every transaction that is older, and locks nobody out meanwhile: giving up would help no one.
        usual = op.get_bind().execute(sa.text("show lock_timeout")).scalar_one()
        op.execute("set lock_timeout = 0")
        for column in ("subscriber_id", "subscription_id"):
            name = f"ix_deliveries_{column}"
            op.execute(f"drop index concurrently if exists {name}")  # what an earlier try may have left, invalid
            op.create_index(name, "deliveries", [column], postgresql_concurrently=True)
        op.execute(f"set lock_timeout = '{usual}'")
