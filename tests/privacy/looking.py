"""Looking for a word in the whole database, whatever table it may be in."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def list_places(session: Session, word: str) -> list[str]:
    """Return each column of the database that holds a word, in whatever case; bytes are looked through too."""
    columns = session.execute(
        text(
            "select c.table_name, c.column_name, c.data_type from information_schema.columns c "
            "join information_schema.tables t using (table_schema, table_name) "
            "where c.table_schema = 'public' and t.table_type = 'BASE TABLE' "
            "and c.data_type in ('text', 'character varying', 'character', 'jsonb', 'json', 'bytea', 'ARRAY')"
        )
    ).all()
    assert len(columns) > 200
    places = []
    for table, column, kind in columns:
        shown = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
        found = text(f'select exists(select from "{table}" where strpos(lower({shown}), :word) > 0)')  # noqa: S608 - names come from the catalogue
        if session.scalar(found, {"word": word.lower()}):
            places.append(f"{table}.{column}")
    return places
