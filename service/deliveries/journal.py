"""What a sender knows of the batch in its hands, kept where ``kill -9`` can't take it: in a file mapped into memory.

Owns the file's form. There is one for each batch that is being sent, locked while its sender lives. A note costs about
a microsecond and no system call. It outlives the process, not the machine. Never touches a row: see ``recovery``.
"""

import fcntl
import mmap
import os
import secrets
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path
from typing import Final

from service.deliveries.batches import HeldBatch
from service.deliveries.claiming import Claim
from service.mail.events import About, Outcome, OutcomeKind

SUFFIX: Final = ".journal"
_MAGIC: Final = b"PstrJrn1"
_HEAD: Final = struct.Struct("<8sI4xqqqqqq")  # magic, notes; batch, its fence, issue, first id, last id, made at (µs)
_NOTE: Final = struct.Struct("<qqBBBxHH")  # copy, its fence; phase, kind, about, code, bytes of text
_PHASE_AT: Final = 16
_ANSWER: Final = struct.Struct("<BBxHH")  # the part of a note that an answer fills, behind the phase
_LONGEST_TEXT: Final = 232  # bytes; a note has 256
_SIZE: Final = _NOTE.size + _LONGEST_TEXT
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_KINDS: Final = tuple(OutcomeKind)
_ABOUTS: Final = tuple(About)
_KIND_AT: Final = {kind: place for place, kind in enumerate(_KINDS)}
_ABOUT_AT: Final = {about: place for place, about in enumerate(_ABOUTS)}


class Phase(IntEnum):
    """How far one copy had come when its sender wrote last."""

    WAITING = 0  # claimed, perhaps intended; nothing of it was begun
    TAKEN = 1  # its mail is being built, or announced to the relay; its text has certainly not ended
    LEAVING = 2  # the bytes that end it may be out
    ANSWERED = 3


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of one copy; ``outcome`` where its phase is ANSWERED."""

    delivery_id: int
    fence: int
    phase: Phase
    outcome: Outcome | None


@dataclass(frozen=True, slots=True)
class Record:
    """What a journal says: of which batch, and about each copy of it."""

    held: HeldBatch
    notes: list[Note]


class Journal:
    """The witness of one sending thread (``service.mail.transport.Witness``), one batch after the other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._file = -1
        self._map: mmap.mmap | bytearray = bytearray()
        self._places: dict[int, int] = {}

    def begin(self, held: HeldBatch, claims: Sequence[Claim]) -> None:
        """Open a batch. Call it before the claim is committed, so that no claim is ever without a journal.

        A batch that was open is left to ``recovery``: whether its claim was committed is not known.

        Raises:
            OSError: when the file can't be written; the whole of it is, so that no note can fail later.
        """
        self.close()
        content = bytearray(_HEAD.size + _SIZE * len(claims))
        made_at = (held.issue_made_at - _EPOCH) // timedelta(microseconds=1)
        names = (held.id, held.fence, held.issue_id, held.first_id, held.last_id, made_at)
        _HEAD.pack_into(content, 0, _MAGIC, len(claims), *names)
        places = range(_HEAD.size, len(content), _SIZE)
        for place, claim in zip(places, claims, strict=True):
            _NOTE.pack_into(content, place, claim.delivery_id, claim.fence, Phase.WAITING, 0, 0, 0, 0)
        self._path, self._file = _create(self._folder)
        _write(self._file, content)
        self._map = mmap.mmap(self._file, len(content))
        self._places = {claim.delivery_id: place + _PHASE_AT for place, claim in zip(places, claims, strict=True)}

    def note_taken(self, key: int) -> None:
        """Its mail is about to be built: if the process dies now, this copy may be why."""
        self._map[self._places[key]] = Phase.TAKEN

    def note_back(self, key: int) -> None:
        """Nothing of it left, and it waits again."""
        self._map[self._places[key]] = Phase.WAITING

    def note_leaving(self, key: int) -> None:
        """The next bytes may end this mail: from now on its fate may be unknown."""
        self._map[self._places[key]] = Phase.LEAVING

    def note_answer(self, key: int, outcome: Outcome) -> None:
        """The fate of this mail is known."""
        memory, place = self._map, self._places[key]
        text = outcome.text.encode(errors="replace")[:_LONGEST_TEXT]
        _ANSWER.pack_into(
            memory, place + 1, _KIND_AT[outcome.kind], _ABOUT_AT[outcome.about], outcome.code or 0, len(text)
        )
        start = place + 1 + _ANSWER.size
        memory[start : start + len(text)] = text
        memory[place] = Phase.ANSWERED  # last: a note that is cut short still says LEAVING

    def end(self) -> None:
        """Forget the batch: all that is known of it is in the database."""
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self.close()

    def close(self) -> None:
        """Let go of the file. What it says is left to ``recovery``, unless ``end`` was called."""
        if isinstance(self._map, mmap.mmap):
            self._map.close()
            self._map = bytearray()
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        self._path, self._places = None, {}


@contextmanager
def hold_abandoned(path: Path) -> Iterator[int | None]:
    """Lend the file of a journal whose sender is dead, locked; None while it lives, or when the file is gone."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield None
        return
    try:
        yield file if _lock(file, path) else None
    finally:
        os.close(file)


def read_journal(file: int) -> Record:
    """Return what a journal says.

    Raises:
        ValueError: when it is none, or is torn.
    """
    content = os.pread(file, os.fstat(file).st_size, 0)
    if len(content) < _HEAD.size:
        raise ValueError("it is too short")
    magic, count, batch, fence, issue, first, last, made_at = _HEAD.unpack_from(content)
    if magic != _MAGIC or len(content) != _HEAD.size + _SIZE * count:
        raise ValueError("it is no journal, or a part of one")
    held = HeldBatch(batch, fence, issue, first, last, _EPOCH + timedelta(microseconds=made_at))
    return Record(held, [_read_note(content, place) for place in range(_HEAD.size, len(content), _SIZE)])


def _read_note(content: bytes, place: int) -> Note:
    delivery_id, fence, raw_phase, kind, about, code, length = _NOTE.unpack_from(content, place)
    phase = Phase(raw_phase)
    if phase is not Phase.ANSWERED:
        return Note(delivery_id, fence, phase, None)
    if kind >= len(_KINDS) or about >= len(_ABOUTS) or length > _LONGEST_TEXT:
        raise ValueError("a note in it means nothing")
    start = place + _NOTE.size
    text = content[start : start + length].decode(errors="ignore")  # the end may be a part of a letter
    return Note(delivery_id, fence, phase, Outcome(_KINDS[kind], code or None, text, _ABOUTS[about]))


def _create(folder: Path) -> tuple[Path, int]:
    """Make a new file, locked for as long as it is open. Nobody else ever had it in hand."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    while True:
        path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if _lock(file, path):
            return path, file
        os.close(file)  # recovery was there in the moment before the lock, and took it for a torn one


def _lock(file: int, path: Path) -> bool:
    """Lock the file if nobody has it and it is still what ``path`` names: not deleted, nor set aside."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(file), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _write(file: int, content: bytearray) -> None:
    """Write all of it, so that the disk has the room: a full one is an error here, and a dead process in the map."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
