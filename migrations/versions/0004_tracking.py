"""Create the links of sealed issues and the hits on them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Create the links of sealed issues and the hits on them."""
    op.create_table(
        "links",
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("item", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_links_issue_id_issues"),
        sa.PrimaryKeyConstraint("issue_id", "number", name="pk_links"),
    )
    op.create_table(
        "hits",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("link_number", sa.BigInteger(), nullable=True),
        sa.Column("agent", sa.String(40), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("verdict", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_hits_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(["issue_id"], ["issues.id"], name="fk_hits_issue_id_issues"),
        sa.PrimaryKeyConstraint("id", name="pk_hits"),
    )
    op.create_index("ix_hits_issue", "hits", ["issue_id", "delivery_id"], unique=False)
    op.create_index("ix_hits_unjudged", "hits", ["id"], unique=False, postgresql_where="verdict is null")
