"""Create the fields that an organisation asks its readers for, and keep what a sign-up answered."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Create the fields that an organisation asks its readers for, and keep what a sign-up answered."""
    op.create_table(
        "reader_fields",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("choices", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("is_asked", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reader_fields"),
        sa.UniqueConstraint("name", name="uq_reader_fields_name"),
    )
    op.add_column("sign_ups", sa.Column("fields", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False))
