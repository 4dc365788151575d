"""A file of people on its way into the database, and out again onto the disk of whoever imports it.

In pieces, so that any host can read it at flat memory. Knows where a file stands, never what it says of anybody.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.errors import BadInput
from service.lists.archives import Part
from service.lists.detect import choose_layout
from service.lists.layouts import Layout
from service.lists.rows import RowReader
from service.subscribers.importing.models import Import, ImportChunk, ImportState
from service.subscribers.importing.scratch import lend_scratch_file

LARGEST_FILE: Final = 400_000_000  # bytes, unpacked; of a zip archive all lists together
_PIECE: Final = 1 << 20
# As bytes: as text each would be sent and read as two hexadecimal digits.
_FETCH: Final = (
    "copy (select content from import_chunks where import_id = {:d} order by number) to stdout (format binary)"
)


@dataclass(frozen=True, slots=True)
class FileList:
    """One list of a file, looked into but not stored. ``doubts``: what its bringer should look at, in sentences.

    ``is_clear``: its columns are known. Where they are not, ``doubts`` says why, and ``format`` is empty.
    ``has_lines``: something stands below its header.
    """

    part: Part
    size_bytes: int
    format: str
    doubts: str
    is_clear: bool
    has_lines: bool
    mapping: Mapping[str, str] = field(default_factory=dict)


def inspect_lists(parts: Sequence[Part], mapping: Mapping[str, str] | None = None) -> list[FileList]:
    """Look into the lists of one file. One whose columns nobody can know yet is told by ``is_clear``.

    Args:
        mapping: what ``lists.mapping`` takes; none for a file whose columns speak for themselves.

    Raises:
        BadInput: when a list is no table of text, none has a line below its header, or together they are too large.
    """
    lists: list[FileList] = []
    for part in parts:
        lists.append(_inspect(part, mapping or {}))
        size = sum(each.size_bytes for each in lists)
        if size > LARGEST_FILE:
            raise BadInput(
                f"This file has {size:,} bytes; the most that we take is {LARGEST_FILE:,}. Send it in parts."
            )
    if not any(each.has_lines for each in lists):
        raise BadInput("Nobody is in this file: no line follows the names of its columns.")
    return lists


def store_lists(
    session: Session,
    newsletter_id: int,
    lists: Sequence[FileList],
    *,
    statement: str,
    is_dry_run: bool = False,
    account_id: int | None = None,
) -> list[int]:
    """Store the lists of one file, all or none, and return the ids of their imports.

    They wait to be run, or for somebody to say what their columns hold. The caller's transaction holds all of it, so a
    process that dies leaves nothing.

    Args:
        statement: how these people agreed, in the words of whoever brings them; kept as their consent's wording.

    Raises:
        BadInput: when the statement is missing or can't be kept.
    """
    return [
        _store(
            session,
            each,
            Import(
                newsletter_id=newsletter_id,
                account_id=account_id,
                filename=each.part.name[:200],
                format=each.format,
                size_bytes=each.size_bytes,
                statement=check_statement(statement),
                mapping=dict(each.mapping),
                is_dry_run=is_dry_run,
                state=ImportState.WAITING if each.is_clear else ImportState.UNMAPPED,
                problem=each.doubts,
            ),
        )
        for each in lists
    ]


def store_file(
    factory: SessionFactory,
    newsletter_id: int,
    part: Part,
    *,
    statement: str,
    is_dry_run: bool = False,
    mapping: Mapping[str, str] | None = None,
    account_id: int | None = None,
) -> int:
    """Store one list whose columns are known, and return the id of its import, which waits to be run.

    Raises:
        BadInput: when the file can't be read as a list, is too large, or the statement is missing.
    """
    check_statement(statement)
    lists = inspect_lists([part], mapping)
    refuse_unclear(lists)
    with transaction(factory) as session:
        (import_id,) = store_lists(
            session, newsletter_id, lists, statement=statement, is_dry_run=is_dry_run, account_id=account_id
        )
    return import_id


def check_statement(statement: str) -> str:
    """Return how people agreed, without the space around it.

    Raises:
        BadInput: when it says nothing, or holds what the database can't keep.
    """
    words = statement.strip()
    if not words:
        raise BadInput("Say how these people agreed to the newsletter: it is kept as the proof of their consent.")
    if "\0" in words:
        raise BadInput("There is a NUL in the sentence about how these people agreed: write it without.")
    return words


def refuse_unclear(lists: Sequence[FileList]) -> None:
    """Raise BadInput where the columns of a list are not known: for doors at which nobody can be asked."""
    for each in lists:
        if not each.is_clear:
            raise BadInput(each.doubts)


def describe_doubts(rows: RowReader, layout: Layout) -> str:
    """Return what whoever brings the file should look at, in sentences; nothing where all is plain."""
    doubts = [layout.caution] if layout.caution else []
    if rows.encoding.example:
        doubts.append(f"The letters were read as {rows.encoding.name}: check them in “{rows.encoding.example}”.")
    return " ".join(doubts)


def _inspect(part: Part, mapping: Mapping[str, str]) -> FileList:
    with part.open() as content:
        size = content.seek(0, os.SEEK_END)
        rows = RowReader(content)
        has_lines = _has_lines(rows)
        try:
            layout = choose_layout(rows.header, part.name, mapping)
        except BadInput as problem:
            return FileList(part, size, "", problem.message, is_clear=False, has_lines=has_lines)
        doubts = describe_doubts(rows, layout)
        return FileList(part, size, layout.format, doubts, is_clear=True, has_lines=has_lines, mapping=mapping)


def _has_lines(rows: RowReader) -> bool:
    try:
        return next(iter(rows), None) is not None
    except BadInput:  # of a line that is there: the dry run tells which, and what of the file could be read
        return True


def _store(session: Session, found: FileList, row: Import) -> int:
    session.add(row)
    session.flush()
    with found.part.open() as content:
        content.seek(0)
        _store_pieces(session, row.id, content)
    return row.id


def _store_pieces(session: Session, import_id: int, content: BinaryIO) -> None:
    for number in count():
        piece = content.read(_PIECE)
        if not piece:
            return
        session.execute(insert(ImportChunk).values(import_id=import_id, number=number, content=piece))


@contextmanager
def fetch_file(factory: SessionFactory, import_id: int) -> Iterator[Path]:
    """Lend a copy of an import's file on this host's disk."""
    with lend_scratch_file() as file:
        with factory() as session:
            driver: Any = session.connection().connection.driver_connection  # SQLAlchemy has no word for COPY
            with driver.cursor() as cursor, cursor.copy(_FETCH.format(import_id)) as copy:
                copy.set_types(["bytea"])
                for (piece,) in copy.rows():
                    file.write(piece)
        file.flush()
        yield Path(file.name)


def find_first_piece(session: Session, import_id: int) -> bytes | None:
    """Return the first piece of an import's file; None where the file is gone."""
    wanted = select(ImportChunk.content).where(ImportChunk.import_id == import_id, ImportChunk.number == 0)
    return session.scalar(wanted)


def drop_file(session: Session, import_id: int) -> None:
    """Delete an import's file; its report stays."""
    session.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))
