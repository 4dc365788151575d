"""A file of people on its way into the database, and out again onto the disk of whoever imports it.

In pieces, so that any host can read it at flat memory. Knows where a file stands, never what it says of anybody.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from service.db import SessionFactory, transaction
from service.errors import BadInput
from service.lists.archives import Part
from service.lists.detect import choose_layout
from service.lists.layouts import Layout
from service.lists.rows import RowReader
from service.subscribers.importing.models import Import, ImportChunk, ImportState

LARGEST_FILE: Final = 400_000_000  # bytes, unpacked
_PIECE: Final = 1 << 20
_AT_ONCE: Final = 20  # pieces in one transaction
_UNFINISHED: Final = "The file did not arrive whole. Send it again."


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
    """Store one list and return the id of its import, which waits to be run.

    Args:
        statement: how these people agreed, in the words of whoever brings them; kept as their consent's wording.
        mapping: what ``lists.mapping`` takes; none for a file whose columns speak for themselves.

    Raises:
        BadInput: when the file can't be read as a list, is too large, or the statement is missing.
    """
    if not statement.strip():
        raise BadInput("Say how these people agreed to the newsletter: it is kept as the proof of their consent.")
    with part.open() as content:
        size = content.seek(0, os.SEEK_END)
        if size > LARGEST_FILE:
            raise BadInput(
                f"This file has {size:,} bytes; the most that we take is {LARGEST_FILE:,}. Send it in parts."
            )
        rows = RowReader(content)
        layout = choose_layout(rows.header, part.name, mapping or {})
    row = Import(
        newsletter_id=newsletter_id,
        account_id=account_id,
        filename=part.name[:200],
        format=layout.format,
        size_bytes=size,
        statement=statement.strip(),
        mapping=dict(mapping or {}),
        is_dry_run=is_dry_run,
        state=ImportState.FAILED,  # until its last piece is here
        problem=_UNFINISHED,
    )
    with transaction(factory) as session:
        session.add(row)
    with part.open() as content:
        content.seek(0)
        _store_pieces(factory, row.id, content)
    with transaction(factory) as session:
        stored = session.get_one(Import, row.id)
        stored.state, stored.problem = ImportState.WAITING, _describe_doubts(rows, layout)
    return row.id


def _describe_doubts(rows: RowReader, layout: Layout) -> str:
    """Return what whoever brings the file should look at, in sentences; nothing where all is plain."""
    doubts = [layout.caution] if layout.caution else []
    if rows.encoding.example:
        doubts.append(f"The letters were read as {rows.encoding.name}: check them in “{rows.encoding.example}”.")
    return " ".join(doubts)


def _store_pieces(factory: SessionFactory, import_id: int, content: BinaryIO) -> None:
    numbers = count()
    while pieces := [piece for piece in (content.read(_PIECE) for _ in range(_AT_ONCE)) if piece]:
        with transaction(factory) as session:
            for piece in pieces:
                session.add(ImportChunk(import_id=import_id, number=next(numbers), content=piece))


@contextmanager
def fetch_file(factory: SessionFactory, import_id: int) -> Iterator[Path]:
    """Lend a copy of an import's file on this host's disk."""
    with NamedTemporaryFile(prefix="postrider-import-") as file:
        for number in count():
            with factory() as session:
                piece = session.scalar(
                    select(ImportChunk.content).where(ImportChunk.import_id == import_id, ImportChunk.number == number)
                )
            if piece is None:
                break
            file.write(piece)
        file.flush()
        yield Path(file.name)


def drop_file(session: Session, import_id: int) -> None:
    """Delete an import's file; its report stays."""
    session.execute(delete(ImportChunk).where(ImportChunk.import_id == import_id))
