"""Send in batches: what waits is found through them, so that a delivery's updates touch no index."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

# Of 500 deliveries each; issues that are under way get theirs here.
_FILL = """
insert into batches (issue_id, first_id, last_id, size, due_at)
select issue_id, min(id), max(id), count(*), now()
from (
    select d.issue_id, d.id, (row_number() over (partition by d.issue_id order by d.id) - 1) / 500 as number
    from deliveries d join issues i on i.id = d.issue_id where i.state in ('sending', 'paused')
) numbered
group by issue_id, number
"""


def upgrade() -> None:
    """Create batches, give one to each open delivery, and take the state out of the deliveries' indexes."""
    op.create_table(
        "batches",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_batches_issue_id_issues"),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_open", "batches", ["issue_id", "due_at", "id"], postgresql_where="due_at is not null")
    op.execute(_FILL)
    op.add_column("deliveries", sa.Column("name", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("route", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_deliveries_leased", "deliveries")
    op.drop_index("ix_deliveries_queued", "deliveries")
