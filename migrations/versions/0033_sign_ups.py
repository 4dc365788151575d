"""Create sign-ups as they came, and what staff switched on at the doors."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Create sign-ups as they came, and what staff switched on at the doors."""
    op.create_table(
        "sign_ups",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("mark", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("mailed_address", sa.Text(), nullable=False),
        sa.Column("address_key", sa.Text(collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column("newsletter_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("door", sa.String(40), nullable=False),
        sa.Column("network", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_ups"),
        sa.UniqueConstraint("mark", name="uq_sign_ups_mark"),
    )
    op.create_index("ix_sign_ups_address_key_created_at", "sign_ups", ["address_key", "created_at"], unique=False)
    op.create_index("ix_sign_ups_created_at", "sign_ups", ["created_at"], unique=False)
    op.create_index("ix_sign_ups_network_created_at", "sign_ups", ["network", "created_at"], unique=False)
    op.create_index("ix_sign_ups_waiting", "sign_ups", ["id"], unique=False, postgresql_where="outcome is null")
    op.create_table(
        "sign_up_rules",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("refuses_disposable", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("asks_for_work", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("attack_until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("id = 1", name="ck_sign_up_rules_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_sign_up_rules"),
    )
    op.execute("insert into sign_up_rules (id) values (1)")
