"""Create the addresses that must not be mailed; nothing deletes or rewrites them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0030"
down_revision = "0029"

_SALT = """
insert into suppression_salt(id, salt)
values (1, decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
"""
_GUARD = """
create function guard_suppressions() returns trigger language plpgsql as $$
begin
  if tg_op <> 'UPDATE' then
    raise exception 'suppressions are never deleted: lift them, with a reason' using errcode = 'restrict_violation';
  end if;
  if old.lifted_at is not null and new.lifted_at is distinct from old.lifted_at
     or (new.id, new.reason, new.created_at, new.evidence)
        is distinct from (old.id, old.reason, old.created_at, old.evidence)
     or new.address_key is not null and old.address_key is not null and new.address_key <> old.address_key
     or old.address_hash is not null and new.address_hash is distinct from old.address_hash then
    raise exception 'a suppression can only be lifted, erased or recognised' using errcode = 'restrict_violation';
  end if;
  return new;
end $$;
create trigger guard_suppressions before update or delete on suppressions
    for each row execute function guard_suppressions();
create trigger keep_suppressions before truncate on suppressions
    for each statement execute function guard_suppressions();
"""


def upgrade() -> None:
    """Create the addresses that must not be mailed; nothing deletes or rewrites them."""
    op.create_table(
        "suppressions",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("address_key", sa.Text(collation="C"), nullable=True),
        sa.Column("address_hash", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("evidence", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.String(40), nullable=True),
        sa.Column("lift_note", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("(lifted_at is null) = (lifted_by is null)", name="ck_suppressions_lifted_by_someone"),
        sa.CheckConstraint("address_key is not null or address_hash is not null", name="ck_suppressions_names_someone"),
        sa.PrimaryKeyConstraint("id", name="pk_suppressions"),
    )
    op.create_index(
        "uq_suppressions_standing_hash",
        "suppressions",
        ["address_hash"],
        unique=True,
        postgresql_where="lifted_at is null and address_hash is not null",
    )
    op.create_index(
        "uq_suppressions_standing_key",
        "suppressions",
        ["address_key"],
        unique=True,
        postgresql_where="lifted_at is null and address_key is not null",
    )
    op.create_table(
        "suppression_salt",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_suppression_salt_one_row"),
        sa.PrimaryKeyConstraint("id", name="pk_suppression_salt"),
    )
    op.execute(_SALT)
    op.execute(_GUARD)
