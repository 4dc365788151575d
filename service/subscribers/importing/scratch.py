"""A file of people on this host's disk for as long as it is worked on. Owns its place, and what dead processes left."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import IO, Final

_PREFIX: Final = "postrider-import-"
_LEFT_AFTER: Final = 24 * 3600
"""Seconds; nobody works on a file for so long."""


@contextmanager
def lend_scratch_file() -> Iterator[IO[bytes]]:
    """Lend an empty file with a name, deleted at the end. First deletes those whose process was killed a day ago."""
    _drop_left_files()
    with NamedTemporaryFile(prefix=_PREFIX) as file:
        yield file


def _drop_left_files() -> None:
    oldest = time.time() - _LEFT_AFTER
    for path in Path(gettempdir()).glob(f"{_PREFIX}*"):
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another process was quicker, or it is another person's
            continue
