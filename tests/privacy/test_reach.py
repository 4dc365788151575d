"""Every column of the database that can hold a word has its place in ``reach``; a new one turns this red."""

from sqlalchemy import text

from service.privacy.reach import BY_LAW, DELETED, EMPTIED, HARMLESS, REPLACED
from tests.fixtures.services import OpenTransaction

OURS = {
    "accounts",
    "alembic_version",
    "alarms",
    "archived_posts",
    "archives",
    "audit_entries",
    "batch_signatures",
    "buckets",
    "editions",
    "findings",
    "funds",
    "hits",
    "import_chunks",
    "imports",
    "instance",
    "issues",
    "items",
    "links",
    "manuscripts",
    "newsletters",
    "organisations",
    "own_page_requests",
    "paces",
    "reader_fields",
    "readings",
    "recent_answers",
    "reconciliations",
    "route_days",
    "segments",
    "suppression_salt",
    "turns",
}
"""What staff write and what the service notes of itself. The pieces of a file go when its import ends."""


def test_every_column_that_can_hold_a_word_has_its_place(open_transaction: OpenTransaction) -> None:
    with open_transaction() as session:
        found = session.execute(
            text(
                "select table_name, table_name || '.' || column_name from information_schema.columns "
                "join information_schema.tables using (table_schema, table_name) "
                "where table_schema = 'public' and table_type = 'BASE TABLE' "
                "and data_type in ('text', 'character varying', 'character', 'jsonb', 'json', 'bytea', 'ARRAY')"
            )
        ).all()
    emptied = {f"{model.__tablename__}.{column}" for model, columns in EMPTIED.items() for column in columns}
    whole = OURS | BY_LAW | {model.__tablename__ for model in DELETED}
    assert {place for table, place in found if table not in whole} == emptied | REPLACED | HARMLESS
    assert whole - {table for table, _ in found} == set()
