"""Find hits by their delivery: taking an issue back deletes deliveries, and each is looked up among the hits."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Index the hits by delivery, which may be many millions, while new ones come in."""
    with op.get_context().autocommit_block():
        # It waits for every transaction that is older, and locks nobody out meanwhile: giving up would help no one.
        usual = op.get_bind().execute(sa.text("show lock_timeout")).scalar_one()
        op.execute("set lock_timeout = 0")
        op.execute("drop index concurrently if exists ix_hits_delivery")  # what an earlier try may have left, invalid
        op.create_index("ix_hits_delivery", "hits", ["delivery_id"], postgresql_concurrently=True)
        op.execute(f"set lock_timeout = '{usual}'")
