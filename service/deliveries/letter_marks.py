"""Which letters this process has in hand, kept where ``kill -9`` can't take it: a dead sender's are free at once.

A small file for each, locked while its sender lives. The lease is for a machine that is lost with its files. Owns the
file's form; never says what becomes of a letter.
"""

import fcntl
import json
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, update

from service.db import SessionFactory, transaction
from service.deliveries.journal import hold_abandoned
from service.jobs import Job, enqueue
from service.mail.models import Letter, LetterState

log = logging.getLogger(__name__)

SUFFIX: Final = ".letter"
_MAKING: Final = ".making"  # nobody looks for these: a mark gets its name once it is locked
_LONGEST: Final = 1_000  # bytes


@contextmanager
def mark_letter(folder: Path, letter: Letter) -> Iterator[None]:
    """Let everybody on this machine know that this process has the letter, until the block ends.

    Enter it before the claim is committed, so that no claim is ever without a mark. Where the block raises, the mark
    stays without a lock, and ``free_abandoned_letters`` finds it. Where it can't be written, the lease must do.
    """
    names = {"letter": letter.id, "fence": letter.fence, "made_at": letter.created_at.isoformat()}
    try:
        path, file = _create(folder, json.dumps(names).encode())
    except OSError as problem:
        log.warning("letter %s is sent without a mark: %s", letter.id, problem.strerror)
        yield
        return
    try:
        yield
        path.unlink(missing_ok=True)
    finally:
        os.close(file)


def free_abandoned_letters(factory: SessionFactory, folder: Path) -> int:
    """End the lease of every letter in ``folder`` whose sender is dead, and nudge. Returns how many marks there were.

    Safe to repeat, and beside other processes: a mark is locked, and a letter is under the fence of its claim. A file
    that can't be read is set aside with a warning.
    """
    return sum(_free(factory, path) for path in sorted(folder.glob(f"*{SUFFIX}")))


def _create(folder: Path, content: bytes) -> tuple[Path, int]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{os.getpid()}-{secrets.token_hex(8)}{SUFFIX}"
    making = path.with_suffix(_MAKING)
    file = os.open(making, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(file, content)
        making.rename(path)
    except OSError:
        os.close(file)
        making.unlink(missing_ok=True)
        raise
    return path, file


def _free(factory: SessionFactory, path: Path) -> bool:
    with hold_abandoned(path) as file:
        if file is None:
            return False
        try:
            letter_id, fence, made_at = _read(file)
        except ValueError as problem:
            log.warning("the mark %s is set aside: %s", path.name, problem)
            path.rename(path.with_suffix(".aside"))
            return False
        with transaction(factory) as session:
            letter = session.execute(select(Letter.created_at).where(Letter.id == letter_id)).one_or_none()
            if letter is None or letter.created_at.isoformat() != made_at:
                return False  # of another service, whose database shares this machine, and the folder
            held = (Letter.id == letter_id, Letter.fence == fence, Letter.state == LetterState.SENDING)
            freed = update(Letter).where(*held).values(lease_until=func.now()).returning(Letter.id)
            if session.scalar(freed) is not None:
                enqueue(session, Job.DELIVER_LETTER, letter_id)
        path.unlink()
        return True


def _read(file: int) -> tuple[int, int, str]:
    """Return a letter's id, the fence of its claim and when it was written. Raises ValueError when it says nothing."""
    names = json.loads(os.pread(file, _LONGEST, 0))
    try:
        return int(names["letter"]), int(names["fence"]), str(names["made_at"])
    except (KeyError, TypeError):
        raise ValueError("it is no mark of a letter") from None
