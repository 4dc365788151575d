"""Let the consent log only be added to, and an import be one entry of it."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

_ABOUT_ONE = """
alter table consent_events add constraint ck_consent_events_about_one
    check ((subscription_id is null) <> (import_id is null)) not valid;
alter table consent_events validate constraint ck_consent_events_about_one;
"""
_KEEP = """
create function keep_consent_events() returns trigger language plpgsql as $$
begin raise exception 'the consent log is only ever added to' using errcode = 'restrict_violation'; end $$;
create trigger keep_consent_events before update or delete on consent_events
    for each row execute function keep_consent_events();
create trigger keep_all_consent_events before truncate on consent_events
    for each statement execute function keep_consent_events();
"""


def upgrade() -> None:
    """Let the consent log only be added to, and an import be one entry of it."""
    op.add_column("consent_events", sa.Column("import_id", sa.BigInteger(), nullable=True))
    op.add_column("consent_events", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.alter_column("consent_events", "subscription_id", existing_type=sa.BigInteger(), nullable=True)
    op.execute(_ABOUT_ONE)
    op.create_index(
        "ix_consent_events_import_id", "consent_events", ["import_id"], postgresql_where="import_id is not null"
    )
    op.execute(_KEEP)
