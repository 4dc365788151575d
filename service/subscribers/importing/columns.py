"""Which column of a stored file holds what: as it looks, and as staff say. Judges no line of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from typing import Final

from sqlalchemy.orm import Session

from service.errors import BadInput, Conflict
from service.lists.detect import choose_layout, find_supplier
from service.lists.entries import BadLine, EntryStatus
from service.lists.layouts import Layout
from service.lists.mapping import map_columns
from service.lists.rows import RowReader
from service.subscribers.importing.decisions import NO_FILE, begin_again
from service.subscribers.importing.models import Import, ImportState
from service.subscribers.importing.progress import OPEN, get_import
from service.subscribers.importing.upload import describe_doubts, find_first_piece

SAMPLE: Final = 5
"""Rows shown of a file."""
_MARKS_OF_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
# What Mailchimp calls the file of these people (``lists.detect``).
FILE_NAMES: Final[Mapping[EntryStatus, str]] = {
    EntryStatus.SUBSCRIBED: "subscribed",
    EntryStatus.LEFT: "unsubscribed",
    EntryStatus.BOUNCED: "cleaned",
    EntryStatus.UNCONFIRMED: "nonsubscribed",
}


@dataclass(frozen=True, slots=True)
class Start:
    """How a file begins: its header and the first rows that can be read.

    ``house``: whose export it is, where only its lost name could tell who is in it; else empty.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    house: str


def may_name_columns(row: Import) -> bool:
    """Return whether staff may say what the columns of an import hold: before anybody was brought in."""
    return row.state is ImportState.UNMAPPED or (row.is_dry_run and row.state not in OPEN)


def read_start(session: Session, import_id: int) -> Start:
    """Return how the file of an import begins.

    Raises:
        Conflict: when the file is gone.
    """
    rows = _open_start(session, session.get_one(Import, import_id))
    first = [row[1] for row in islice(rows, 2 * SAMPLE) if not isinstance(row, BadLine)][:SAMPLE]
    supplier = find_supplier(rows.header)
    return Start(rows.header, first, supplier.layout.format if supplier else "")


def guess_columns(header: Sequence[str]) -> dict[str, str]:
    """Return what we take and the column whose name says that it holds it; "" where none does. Never raises."""
    layout, address = _guess_layout(header)
    if layout is None:
        return {}
    first, last = layout.names if len(layout.names) == 2 else ("", "")
    found = {
        "address": address,
        "name": layout.names[0] if len(layout.names) == 1 else "",
        "first_name": first,
        "last_name": last,
        "language": layout.language,
        "tags": layout.tags,
        "agreed_at": layout.agreed_at[0],
        "ended_at": layout.ended_at[0],
        "source": layout.source[0],
        "status": layout.status,
    }
    by_name = {name.casefold(): name for name in reversed(header)}
    return {what: by_name.get(column, "") for what, column in found.items()}


def _guess_layout(header: Sequence[str]) -> tuple[Layout | None, str]:
    """Return the layout by the columns' names, and the column of the addresses if its name says so."""
    try:
        layout = map_columns(header, {})
    except BadInput:
        # Any column will do for the address: it is the one thing without which there is no layout.
        some = next((name for name in header if name), "")
        return (map_columns(header, {"address": some}), "") if some else (None, "")
    return layout, layout.address


def name_columns(session: Session, import_id: int, mapping: Mapping[str, str]) -> None:
    """Keep what staff say of an import's columns, and have its dry run begin anew.

    Args:
        mapping: what ``lists.mapping`` takes.

    Raises:
        BadInput: when the mapping does not fit the file.
        Conflict: while it runs, after it was brought in, or when its file is gone.
    """
    _read_anew(session, _lock(session, import_id), mapping)


def name_people(session: Session, import_id: int, status: EntryStatus) -> None:
    """Give a file of Mailchimp's back the name that says who is in it, and have its dry run begin anew.

    Raises:
        Conflict: as for ``name_columns``.
    """
    row = _lock(session, import_id)
    row.filename = f"{FILE_NAMES[status]}_{row.filename}"[:200]
    _read_anew(session, row, {})


def _lock(session: Session, import_id: int) -> Import:
    row = get_import(session, import_id)
    if not may_name_columns(row):
        raise Conflict("This file is being read, or is in already: its columns can’t be named any more.")
    return row


def _read_anew(session: Session, row: Import, mapping: Mapping[str, str]) -> None:
    rows = _open_start(session, row)
    layout = choose_layout(rows.header, row.filename, mapping)
    row.mapping, row.format, row.problem = dict(mapping), layout.format, describe_doubts(rows, layout)
    begin_again(session, row)


def _open_start(session: Session, row: Import) -> RowReader:
    piece = find_first_piece(session, row.id)
    if piece is None:
        raise Conflict(NO_FILE)
    return RowReader(BytesIO(_cut_at_line(piece) if row.size_bytes > len(piece) else piece))


def _cut_at_line(piece: bytes) -> bytes:
    """Return a piece of a file without what may be half a line, or half a letter, at its end."""
    if piece.startswith(_MARKS_OF_UTF_16):
        piece = piece.decode("utf-16", "ignore").encode()
    return piece[: piece.rfind(b"\n") + 1] or piece
