"""Files of people brought in for a test, and what is in the house afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select, text

from service.db import SessionFactory
from service.lists.archives import open_export
from service.subscribers.importing.models import Import, ImportLine
from service.subscribers.importing.running import CHUNK, run_import
from service.subscribers.importing.upload import store_file
from service.subscribers.models import Subscriber, Subscription

HEADER = "address,name,language,state,agreed_at,ended_at,source,tags,frequency,paused_until,fields"
STATEMENT = "They ticked “Crossings” at the harbour office."
# Every table but the log, which only grows, and the imports' own.
_LEFT_OUT = frozenset({"consent_events", "imports", "import_lines", "import_chunks", "alembic_version"})


@dataclass
class Bringer:
    """Brings files into one newsletter."""

    factory: SessionFactory
    newsletter_id: int
    folder: Path

    def store(self, content: str | bytes, filename: str = "list.csv", **terms: Any) -> int:
        """Store a file without running it."""
        path = self.folder / "upload"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        (part,) = open_export(path, filename)
        return store_file(self.factory, self.newsletter_id, part, **{"statement": STATEMENT, **terms})

    def bring(self, content: str | bytes, filename: str = "list.csv", *, chunk: int = CHUNK, **terms: Any) -> Import:
        """Bring a file in and return what became of it."""
        import_id = self.store(content, filename, **terms)
        run_import(self.factory, import_id, chunk=chunk)
        return self.look(import_id)

    def look(self, import_id: int) -> Import:
        """Return an import as it stands."""
        with self.factory() as session:
            return session.get_one(Import, import_id)

    def lines(self, import_id: int) -> list[tuple[int, str, str, str]]:
        """Return the lines that need a word: line, address, outcome, reason."""
        with self.factory() as session:
            rows = session.scalars(
                select(ImportLine).where(ImportLine.import_id == import_id).order_by(ImportLine.line)
            )
            return [(row.line, row.address, row.outcome.value, row.reason) for row in rows]

    def people(self) -> dict[str, str]:
        """Return the state of each person who has a tie to the newsletter, by their keys."""
        with self.factory() as session:
            ties = select(Subscriber.address_key, Subscription.state).join(
                Subscription, Subscription.subscriber_id == Subscriber.id
            )
            found = session.execute(ties.where(Subscription.newsletter_id == self.newsletter_id))
            return {key: state.value for key, state in found}

    def dump(self) -> Mapping[str, list[str]]:
        """Return every row of the house, by table."""
        with self.factory() as session:
            tables = session.scalars(text("select tablename from pg_tables where schemaname = 'public'"))
            return {
                name: sorted(session.scalars(text(f"select t::text from {name} t")))  # noqa: S608 - names of tables
                for name in tables
                if name not in _LEFT_OUT
            }


def figures(row: Import) -> tuple[int, int, int, int, int, int]:
    """Return rows, added, updated, unchanged, suppressed, skipped."""
    return row.rows, row.added, row.updated, row.unchanged, row.suppressed, row.skipped
