"""Files made for a test, and how they are read here."""

from collections.abc import Mapping
from io import BytesIO

from service.lists.detect import choose_layout
from service.lists.entries import BadLine, Entry
from service.lists.reading import read_entries
from service.lists.rows import RowReader


def read(
    text: str | bytes, filename: str = "list.csv", mapping: Mapping[str, str] | None = None
) -> list[Entry | BadLine]:
    """Return all that a file says."""
    rows = RowReader(BytesIO(text if isinstance(text, bytes) else text.encode()))
    return list(read_entries(rows, choose_layout(rows.header, filename, mapping or {})))


def read_good(text: str | bytes, filename: str = "list.csv", mapping: Mapping[str, str] | None = None) -> list[Entry]:
    """Return the people of a file that has no bad line."""
    found = read(text, filename, mapping)
    people = [entry for entry in found if isinstance(entry, Entry)]
    assert len(people) == len(found), found
    return people
