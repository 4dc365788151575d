"""Number claims from a sequence, which no rollback takes back: a fence is never given twice."""

from alembic import op

revision = "0027"
down_revision = "0026"

_BEGIN = """
select setval('fences', 1 + greatest(
    (select coalesce(max(fence), 0) from deliveries), (select coalesce(max(fence), 0) from batches)
))
"""


def upgrade() -> None:
    """Create the sequence, behind every fence that was ever given."""
    op.execute("create sequence fences")
    op.execute(_BEGIN)
