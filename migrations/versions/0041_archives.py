"""Create archives: files of posts from other houses, and what became of each post."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Create archives: files of posts from other houses, and what became of each post."""
    op.create_table(
        "archives",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("newsletter_id", sa.BigInteger(), nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("house", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(40), server_default="examining", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["newsletter_id"], ["newsletters.id"], name="fk_archives_newsletter_id_newsletters"),
        sa.PrimaryKeyConstraint("id", name="pk_archives"),
    )
    op.create_index(
        "ix_archives_open", "archives", ["id"], unique=False, postgresql_where="state in ('examining', 'bringing')"
    )
    op.create_table(
        "archived_posts",
        sa.Column("archive_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subtitle", sa.Text(), nullable=False),
        sa.Column("byline", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("warnings", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("issue_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["archive_id"], ["archives.id"], name="fk_archived_posts_archive_id_archives", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_archived_posts_issue_id_issues", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("archive_id", "position", name="pk_archived_posts"),
    )
    op.create_index("ix_archived_posts_issue_id", "archived_posts", ["issue_id"], unique=False)
