"""Let an issue wait for its time: when it starts, what its copies are dated, and their signatures made ahead."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Note when an issue starts and why it rests, freeze its Date and host, and keep signatures by batch."""
    op.add_column("issues", sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("issues", sa.Column("pause_reason", sa.Text(), nullable=True))
    op.add_column(
        "editions", sa.Column("dated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)
    )
    op.add_column("editions", sa.Column("message_host", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "batch_signatures",
        sa.Column("batch_id", sa.BigInteger(), nullable=False),
        sa.Column("made_under", sa.Text(), nullable=False),
        sa.Column("signatures", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["batches.id"], name="fk_batch_signatures_batch_id_batches", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", name="pk_batch_signatures"),
    )
    # Random bytes do not compress; trying costs more than signing with Ed25519.
    op.execute("alter table batch_signatures alter column signatures set storage external")
