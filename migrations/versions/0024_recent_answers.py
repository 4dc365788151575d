"""Keep the relays' last answers about each issue, for the breaker that looks at the whole fleet."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Create the table; a row comes with an issue's first refusal."""
    op.create_table(
        "recent_answers",
        sa.Column("issue_id", sa.BigInteger(), nullable=False),
        sa.Column("letters", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issues.id"], name="fk_recent_answers_issue_id_issues", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("issue_id", name="pk_recent_answers"),
    )
