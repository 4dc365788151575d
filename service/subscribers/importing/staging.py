"""A file's entries on their way into the database: judged one by one, written as COPY text, chunk by chunk.

Owns what of a line is refused before anybody is looked up. Runs beside the server's work on the chunk before.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from service.addresses import Address, parse_address
from service.clock import now
from service.errors import BadInput
from service.languages.choosing import find
from service.lists.entries import BadLine, Entry, EntryStatus

MOST_TIMES: Final = 10
"""One address in one chunk: each time is a round of its own through the database."""

_NULL: Final = "\\N"
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")
_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_FREQUENCIES: Final = frozenset({"every", "monthly", "quarterly"})


class Chunk:
    """So many lines, each as COPY text: ``people`` in the order of ``PERSON``, ``ties`` in that of ``TIE``.

    ``rounds`` holds the places of lines: the first of each address, then the second of each, and so on. ``refused``:
    rows of import_lines. ``done_bytes``: how much of the file was read, about.
    """

    PERSON: Final = ("address", "mailed_address", "address_key", "name", "language", "tags", "fields")
    TIE: Final = ("confirmed_at", "ended_at", "source", "frequency", "paused_until")

    def __init__(self, import_id: int, language: str) -> None:
        self.lines: list[int] = []
        self.keys: list[str] = []
        self.statuses: list[EntryStatus] = []
        self.people: list[str] = []
        self.ties: list[str] = []
        self.rounds: list[list[int]] = []
        self.refused: list[str] = []
        self.last_line = 0
        self.done_bytes = 0
        self._import_id, self._language, self._now = import_id, language, now()
        self._times: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self.lines) + len(self.refused)

    def take(self, found: Entry | BadLine) -> None:
        """Write down what one line says, or why it is refused."""
        self.last_line = found.line
        if isinstance(found, BadLine):
            self._refuse(found.line, found.address, found.reason)
            return
        try:
            address = parse_address(found.address)
        except BadInput as problem:
            self._refuse(found.line, found.address, problem.message)
            return
        times = self._times.get(address.key, 0)
        if times == MOST_TIMES:
            self._refuse(found.line, found.address, f"This address is in the file more than {MOST_TIMES} times.")
            return
        self._times[address.key] = times + 1
        if times == len(self.rounds):
            self.rounds.append([])
        self.rounds[times].append(len(self.lines))
        self.lines.append(found.line)
        self.keys.append(address.key)
        self.statuses.append(found.status)
        self.people.append(self._write_person(found, address))
        self.ties.append(self._write_tie(found))

    def _write_person(self, entry: Entry, address: Address) -> str:
        language = (find([entry.language]) if entry.language else None) or self._language
        name = _escape(entry.name) if entry.name else _NULL
        tags = _write_tags(entry.tags) if entry.tags else "{}"
        fields = _escape(json.dumps(entry.fields, ensure_ascii=False)) if entry.fields else "{}"
        # An address has none of COPY's signs: ``parse_address`` refuses each of them.
        return f"{address.typed}\t{address.mailed}\t{address.key}\t{name}\t{language}\t{tags}\t{fields}"

    def _write_tie(self, entry: Entry) -> str:
        frequency = entry.frequency if entry.frequency in _FREQUENCIES else "every"
        agreed_at, source = self._write_moment(entry.agreed_at), _escape(entry.source)
        if entry.status is EntryStatus.SUBSCRIBED:
            paused_until = entry.paused_until.isoformat() if entry.paused_until else _NULL
            return f"{agreed_at}\t{_NULL}\t{source}\t{frequency}\t{paused_until}"
        return f"{agreed_at}\t{self._write_moment(entry.ended_at)}\t{source}\t{frequency}\t{_NULL}"

    def _write_moment(self, moment: datetime | None) -> str:
        """Return a moment of the past; what lies ahead was not agreed to yet, so it is now."""
        if moment is None:
            return _NULL
        return (min(self._now, moment)).isoformat()

    def _refuse(self, line: int, address: str, reason: str) -> None:
        self.refused.append(f"{self._import_id}\t{line}\t{_escape(address[:254])}\tskipped\t{_escape(reason)}\n")


def fill_chunks(
    entries: Iterator[Entry | BadLine], import_id: int, language: str, size: int, tell: Callable[[], int]
) -> Iterator[Chunk]:
    """Yield chunks of ``size`` lines, the last one shorter; ``tell`` says how many bytes of the file were read."""
    chunk = Chunk(import_id, language)
    for found in entries:
        chunk.take(found)
        if len(chunk) >= size:
            chunk.done_bytes = tell()
            yield chunk
            chunk = Chunk(import_id, language)
    if len(chunk):
        chunk.done_bytes = tell()
        yield chunk


def _escape(text: str) -> str:
    """Return a text as COPY reads it (PostgreSQL's manual, COPY, "Text Format")."""
    return _SPECIAL.sub(lambda sign: _ESCAPES[sign[0]], text) if _SPECIAL.search(text) else text


def _write_tags(tags: tuple[str, ...]) -> str:
    """Return an array as PostgreSQL reads it (its manual, §8.15.2)."""
    return _escape("{" + ",".join('"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"' for tag in tags) + "}")
