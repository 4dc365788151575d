"""A file's entries on their way into the database: judged one by one, written as COPY text, chunk by chunk.

Owns what of a line is refused before anybody is looked up. Runs beside the server's work on the chunk before.
"""

import json
import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import ClassVar, Final

from service.addresses import Address, parse_address
from service.clock import now
from service.errors import BadInput
from service.languages.choosing import find
from service.lists.entries import BadLine, Entry, EntryStatus

MOST_TIMES: Final = 10
"""One address in one chunk: each time is a round of its own through the database."""

_NULL: Final = "\\N"
_NOW: Final = "now"  # which COPY reads as the moment of the transaction
_SPECIAL: Final = re.compile(r"[\\\t\n\r]")
_ESCAPES: Final = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_FREQUENCIES: Final = frozenset({"every", "monthly", "quarterly"})
_SUBSCRIBED: Final = EntryStatus.SUBSCRIBED

_Row = tuple[str, int, str, str]  # key, line, person, tie
_by_key: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Round:
    """Lines of as many addresses, so that none of them waits for another.

    Those that may add somebody stand side by side, in the order of their keys: ``numbers`` in the file; ``keys``, an
    array as PostgreSQL reads it; ``people`` and ``ties``, rows of ``PERSON`` and ``TIE`` without their end. ``others``
    are whole rows of ``INCOMING``.
    """

    numbers: tuple[int, ...]
    keys: str
    people: str
    ties: str
    others: str


@dataclass(frozen=True, slots=True)
class Chunk:
    """So many lines as COPY text. ``rounds``: the first line of each address, then the second of each, and so on.

    ``refused`` are rows of import_lines, ``refusals`` their number. ``is_first`` of those that this reader makes;
    ``meets_last``: whether an address in it was in the chunk before. ``done_bytes``: how much of the file was read,
    about.
    """

    PERSON: ClassVar = ("address", "mailed_address", "address_key", "name", "language", "tags", "fields")
    TIE: ClassVar = ("requested_at", "confirmed_at", "ended_at", "source", "frequency", "paused_until")
    INCOMING: ClassVar = ("line", "status", *PERSON, *TIE)

    rounds: list[Round]
    refused: str
    refusals: int
    is_first: bool
    meets_last: bool
    last_line: int
    done_bytes: int


class _Filling:
    """A chunk while its lines come in."""

    def __init__(self, import_id: int, language: str) -> None:
        self.count = 0
        self._last_line = 0
        self._rounds: list[tuple[list[_Row], list[str]]] = []
        self._refused: list[str] = []
        self._import_id, self._language, self._now = import_id, language, now()
        self.times: dict[str, int] = {}  # each address by its key

    def take(self, found: Entry | BadLine) -> None:
        """Write down what one line says, or why it is refused."""
        self.count += 1
        self._last_line = found.line
        if isinstance(found, BadLine):
            self._refuse(found.line, found.address, found.reason)
            return
        try:
            address = parse_address(found.address)
        except BadInput as problem:
            self._refuse(found.line, found.address, problem.message)
            return
        key = address.key
        times = self.times.get(key, 0)
        if times == MOST_TIMES:
            self._refuse(found.line, found.address, f"This address is in the file more than {MOST_TIMES} times.")
            return
        self.times[key] = times + 1
        if times == len(self._rounds):
            self._rounds.append(([], []))
        hopeful, others = self._rounds[times]
        person = self._write_person(found, address)
        if found.status is _SUBSCRIBED:
            hopeful.append((key, found.line, person, self._write_tie(found)))
        else:
            others.append(write_incoming(found.line, found.status, person, self._write_ended_tie(found)))

    def close(self, before: Set[str] | None, done_bytes: int) -> Chunk:
        """Return the lines that came; ``before`` are the keys of the chunk before, if there was one."""
        rounds = [_close_round(hopeful, others) for hopeful, others in self._rounds]
        return Chunk(
            rounds,
            "".join(self._refused),
            len(self._refused),
            is_first=before is None,
            meets_last=before is not None and not before.isdisjoint(self.times),
            last_line=self._last_line,
            done_bytes=done_bytes,
        )

    def _write_person(self, entry: Entry, address: Address) -> str:
        language = (find([entry.language]) if entry.language else None) or self._language
        name = _escape(entry.name) if entry.name else _NULL
        tags = _write_tags(entry.tags) if entry.tags else "{}"
        fields = _escape(json.dumps(entry.fields, ensure_ascii=False)) if entry.fields else "{}"
        # An address has none of COPY's signs: ``parse_address`` refuses each of them.
        return f"{address.typed}\t{address.mailed}\t{address.key}\t{name}\t{language}\t{tags}\t{fields}"

    def _write_tie(self, entry: Entry) -> str:
        agreed_at = self._write_moment(entry.agreed_at)
        paused_until = entry.paused_until.isoformat() if entry.paused_until else _NULL
        end = f"{_escape_word(entry.source)}\t{_choose_frequency(entry)}\t{paused_until}"
        return f"{_NOW if agreed_at is _NULL else agreed_at}\t{agreed_at}\t{_NULL}\t{end}"

    def _write_ended_tie(self, entry: Entry) -> str:
        agreed_at, ended_at = self._write_moment(entry.agreed_at), self._write_moment(entry.ended_at)
        asked_at = next((moment for moment in (agreed_at, ended_at) if moment is not _NULL), _NOW)
        end = f"{_escape_word(entry.source)}\t{_choose_frequency(entry)}\t{_NULL}"
        return f"{asked_at}\t{agreed_at}\t{ended_at}\t{end}"

    def _write_moment(self, moment: datetime | None) -> str:
        """Return a moment of the past; what lies ahead was not agreed to yet, so it is now."""
        if moment is None:
            return _NULL
        return (min(self._now, moment)).isoformat()

    def _refuse(self, line: int, address: str, reason: str) -> None:
        self._refused.append(f"{self._import_id}\t{line}\t{_escape(address[:254])}\tskipped\t{_escape(reason)}\n")


def write_incoming(line: int, status: EntryStatus, person: str, tie: str) -> str:
    """Return a row of ``INCOMING``."""
    return f"{line}\t{status.value}\t{person}\t{tie}\n"


def _close_round(hopeful: list[_Row], others: list[str]) -> Round:
    hopeful.sort(key=_by_key)  # by bytes, as the index on them is
    keys, numbers, people, ties = zip(*hopeful, strict=True) if hopeful else ((), (), (), ())
    # A key has no quote and no backslash in it: ``parse_address`` refuses both.
    literal = '{"' + '","'.join(keys) + '"}' if keys else "{}"
    return Round(numbers, literal, "\n".join(people), "\n".join(ties), "".join(others))


def fill_chunks(
    entries: Iterator[Entry | BadLine], import_id: int, language: str, size: int, tell: Callable[[], int]
) -> Iterator[Chunk]:
    """Yield chunks of ``size`` lines, the last one shorter; ``tell`` says how many bytes of the file were read."""
    filling = _Filling(import_id, language)
    before: Set[str] | None = None
    for found in entries:
        filling.take(found)
        if filling.count >= size:
            yield filling.close(before, tell())
            filling, before = _Filling(import_id, language), filling.times.keys()
    if filling.count:
        yield filling.close(before, tell())


def _escape(text: str) -> str:
    """Return a text as COPY reads it (PostgreSQL's manual, COPY, "Text Format")."""
    return _SPECIAL.sub(lambda sign: _ESCAPES[sign[0]], text) if _SPECIAL.search(text) else text


_escape_word: Final = lru_cache(1_000)(_escape)  # for what many lines have in common


def _choose_frequency(entry: Entry) -> str:
    return entry.frequency if entry.frequency in _FREQUENCIES else "every"


def _write_tags(tags: tuple[str, ...]) -> str:
    """Return an array as PostgreSQL reads it (its manual, §8.15.2)."""
    return _escape("{" + ",".join('"' + tag.replace("\\", "\\\\").replace('"', '\\"') + '"' for tag in tags) + "}")
