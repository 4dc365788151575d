"""Create funds, donors and their sign-ins."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Create funds, donors and their sign-ins."""
    op.create_table(
        "funds",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("product_id", sa.Text(), nullable=True),
        sa.Column("goal_minor", sa.BigInteger(), nullable=True),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_funds"),
        sa.UniqueConstraint("slug", name="uq_funds_slug"),
    )
    op.create_table(
        "donors",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address_key", sa.Text(collation="C"), nullable=False),
        sa.Column("mailed_address", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_donors"),
        sa.UniqueConstraint("address_key", name="uq_donors_address_key"),
        sa.UniqueConstraint("customer_id", name="uq_donors_customer_id"),
    )
    op.create_table(
        "donor_sign_ins",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("donor_id", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("visit_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("network", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["donor_id"], ["donors.id"], name="fk_donor_sign_ins_donor_id_donors"),
        sa.PrimaryKeyConstraint("id", name="pk_donor_sign_ins"),
    )
    op.create_index("ix_donor_sign_ins_requested_at", "donor_sign_ins", ["requested_at"], unique=False)
    op.create_index(
        "ix_donor_sign_ins_network_requested_at", "donor_sign_ins", ["network", "requested_at"], unique=False
    )
    op.create_index("ix_donor_sign_ins_donor_id", "donor_sign_ins", ["donor_id"], unique=False)
