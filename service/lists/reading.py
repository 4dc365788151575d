"""Rows become entries. Owns how a cell is understood; whether the person may be added is the importer's to say."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from service.lists.dates import parse_moment
from service.lists.entries import BadLine, Entry, EntryStatus
from service.lists.layouts import Layout
from service.lists.mapping import FORMAT
from service.lists.rows import RowReader
from service.lists.tags import split_tags
from service.spreadsheets import unguard, unguard_formula

LONGEST_NAME: Final = 100  # characters, as in the sign-up form
LONGEST_SOURCE: Final = 100


class _SetAsideError(Exception):
    """A line that says nothing usable, and why."""


def read_entries(rows: RowReader, layout: Layout) -> Iterator[Entry | BadLine]:
    """Yield what each line of a file says, in the file's order; nothing is kept in memory.

    A date that can be read in two ways, or in none, is kept as a field by the name of its column.
    """
    columns = _Columns(rows.header, layout)
    for row in rows:
        if isinstance(row, BadLine):
            yield row
            continue
        line, cells = row
        address = columns.read_address(cells)
        try:
            yield columns.read(line, address, cells)
        except _SetAsideError as problem:
            yield BadLine(line, address[:254], str(problem))


class _Columns:
    """A layout bound to one header: where each thing stands in a row. A column that is missing is never filled."""

    def __init__(self, header: list[str], layout: Layout) -> None:
        at = {name.casefold(): index for index, name in reversed(list(enumerate(header)))}

        def find(*names: str) -> list[int]:
            return [at[name] for name in names if name in at]

        self._header = header
        self._layout = layout
        self._unguard = unguard if layout.is_own else unguard_formula
        self._address = at[layout.address]
        self._names = find(*layout.names)
        self._language, self._tags = find(layout.language), find(layout.tags)
        self._agreed_at, self._ended_at = find(*layout.agreed_at), find(*layout.ended_at)
        self._source, self._status = find(*layout.source), find(layout.status)
        self._doubts = [(at[name], sentence) for name, sentence in layout.doubts.items() if name in at]
        self._marks = [(at[name], status) for name, status in layout.marks.items() if name in at]
        self._fields = [(name, at[column]) for name, column in layout.fields.items() if column in at]
        self._attributes = find(layout.attributes)
        self._frequency, self._paused_until = find(layout.frequency), find(layout.paused_until)
        self._sole_source = "" if layout.is_own or layout.format == FORMAT else f"{layout.format} export"

    def read_address(self, cells: list[str]) -> str:
        """Return the address of a row as written, or nothing."""
        return self._unguard(cells[self._address]).strip()

    def read(self, line: int, address: str, cells: list[str]) -> Entry:
        """Return what one row says; asks only for the columns that this file has. Raises _SetAsideError."""
        if not address:
            raise _SetAsideError("There is no address in this line.")
        fields = self._read_fields(cells) if self._fields or self._attributes else {}
        return Entry(
            line,
            address,
            self._read_name(cells) if self._names else None,
            _first(cells, self._language).strip() or None if self._language else None,
            split_tags(self._unguard(_first(cells, self._tags))) if self._tags else (),
            self._read_status(cells),
            self._read_moment(cells, self._agreed_at, fields) if self._agreed_at else None,
            self._read_moment(cells, self._ended_at, fields) if self._ended_at else None,
            self._read_source(cells) if self._source else self._sole_source,
            fields,
            _first(cells, self._frequency) if self._frequency else "",
            self._read_moment(cells, self._paused_until, fields) if self._paused_until else None,
        )

    def _read_status(self, cells: list[str]) -> EntryStatus:
        for index, sentence in self._doubts:
            if cells[index].strip():
                raise _SetAsideError(sentence)
        for index, status in self._marks:
            if cells[index].strip():
                return status
        if not self._status:
            return self._layout.otherwise
        word = cells[self._status[0]].strip()
        found = self._layout.words.get(word.lower())
        if found is None:
            raise _SetAsideError(
                f"“{word[:40]}” in the column “{self._header[self._status[0]]}” is no word that we know."
            )
        return found

    def _read_name(self, cells: list[str]) -> str | None:
        if self._layout.is_own:
            return self._unguard(_first(cells, self._names)) or None
        words = " ".join(self._unguard(cells[index]) for index in self._names)
        return " ".join(words.split())[:LONGEST_NAME] or None

    def _read_source(self, cells: list[str]) -> str:
        source = self._unguard(_first(cells, self._source))
        if self._layout.is_own or self._layout.format == FORMAT:
            return source[:LONGEST_SOURCE]
        source = source.strip()
        return f"{self._layout.format}: {source}"[:LONGEST_SOURCE] if source else self._sole_source

    def _read_fields(self, cells: list[str]) -> dict[str, str]:
        fields = {name: text for name, index in self._fields if (text := self._unguard(cells[index]).strip())}
        if attributes := self._unguard(_first(cells, self._attributes)):
            fields |= _read_attributes(attributes)
        return fields

    def _read_moment(self, cells: list[str], columns: list[int], fields: dict[str, str]) -> datetime | None:
        """Return the first moment that is filled and clear; one that is not clear goes into ``fields``."""
        for index in columns:
            if text := cells[index].strip():
                if moment := parse_moment(text):
                    return moment
                fields[self._header[index]] = text
        return None


def _first(cells: list[str], columns: list[int]) -> str:
    """Return the first filled cell of the columns, or nothing."""
    for index in columns:
        if cells[index]:
            return cells[index]
    return ""


def _read_attributes(text: str) -> dict[str, str]:
    """Return a JSON object as texts; what is no text in it stays JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _SetAsideError("Its fields are no JSON object.") from error
    if not isinstance(found, dict):
        raise _SetAsideError("Its fields are no JSON object.")
    return {_storable(name): _storable(value) for name, value in found.items() if value not in (None, "")}


def _storable(value: object) -> str:
    """Return a value as a text that a database takes: JSON may spell out NULs and halves of letters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode().replace("\0", "")
