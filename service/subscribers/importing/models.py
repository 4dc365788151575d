"""The tables of imports: the file in pieces, its figures, and the lines that need a word. Imports nobody."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Identity, Index, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, word_type


class ImportState(StrEnum):
    """Where an import stands. UNMAPPED: its file is here, and staff must say yet which column holds what."""

    UNMAPPED = "unmapped"
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


class LineOutcome(StrEnum):
    """What an import did with one line of its file."""

    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"


class Import(Base):
    """One file of people on its way in, and its figures.

    ``statement`` is how these people agreed, in staff's words: the wording of the one consent event of the file.
    ``done_lines``: up to which line its rows are committed; a worker that takes over goes on from there.
    ``mapping`` names the columns of a file that is no supplier's. ``lease_until`` is by the database's clock. The lists
    of one file are stored in one transaction, so they have the same ``created_at``, and no other has.
    """

    __tablename__ = "imports"
    __table_args__ = (Index("ix_imports_open", "id", postgresql_where="state in ('waiting', 'running', 'undoing')"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    newsletter_id: Mapped[int] = mapped_column(ForeignKey("newsletters.id"))
    account_id: Mapped[int | None]
    filename: Mapped[str]
    format: Mapped[str]
    size_bytes: Mapped[int]
    statement: Mapped[str]
    mapping: Mapped[dict[str, str]] = mapped_column(JSONB, server_default=text("'{}'"))
    is_dry_run: Mapped[bool]
    state: Mapped[ImportState] = mapped_column(word_type(ImportState), server_default=ImportState.WAITING)
    problem: Mapped[str] = mapped_column(server_default="")
    rows: Mapped[int] = mapped_column(server_default="0")
    added: Mapped[int] = mapped_column(server_default="0")
    updated: Mapped[int] = mapped_column(server_default="0")
    unchanged: Mapped[int] = mapped_column(server_default="0")
    suppressed: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    done_lines: Mapped[int] = mapped_column(server_default="0")
    done_bytes: Mapped[int] = mapped_column(server_default="0")
    fence: Mapped[int] = mapped_column(server_default="0")
    lease_until: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class ImportChunk(Base):
    """A piece of the file, 1 MB, so that any host can read it at flat memory. Gone once all are in, or after a day."""

    __tablename__ = "import_chunks"

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[bytes]


class ImportLine(Base):
    """A line that was not simply added or left as it was: what became of it and why.

    ``before`` and ``after`` are the whole rows that it changed, by table ("subscribers", "subscriptions"): undoing puts
    ``before`` back where ``after`` still stands.
    """

    __tablename__ = "import_lines"
    __table_args__ = (Index("ix_import_lines_address_key", "address_key"),)

    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    address: Mapped[str]
    address_key: Mapped[str | None] = mapped_column(Text(collation="C"))
    outcome: Mapped[LineOutcome] = mapped_column(word_type(LineOutcome))
    reason: Mapped[str]
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
