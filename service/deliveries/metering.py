"""Where a sending process's time goes, for `postrider bench`: sums in a small file that outlives the process.

Owns the file's form. Never used in production, and never decides anything.
"""

import mmap
import os
import secrets
from pathlib import Path

SECTIONS = ("personalise", "sign", "smtp", "database")
COPIES = "copies"  # not seconds: how many copies were measured
_SUMS = (*SECTIONS, COPIES)
_SIZE = 8 * len(_SUMS)


class MeterFile:
    """Seconds of processor time by section, in a file of this process that is up to date at every moment."""

    def __init__(self, folder: Path) -> None:
        """Make a new file of zeros in ``folder``, which is made too."""
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(
            folder / f"{os.getpid()}-{secrets.token_hex(4)}.meter", os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600
        )
        try:
            os.ftruncate(file, _SIZE)
            self._sums = memoryview(mmap.mmap(file, _SIZE)).cast("d")
        finally:
            os.close(file)

    def add(self, section: str, seconds: float) -> None:
        """Add to one section's sum, or to the number of ``COPIES``."""
        self._sums[_PLACES[section]] += seconds


def read_meters(folder: Path) -> dict[str, float]:
    """Return the sums of all files in ``folder``, dead processes' too; zeros where there is none."""
    sums = dict.fromkeys(_SUMS, 0.0)
    for file in folder.glob("*.meter"):
        for section, seconds in zip(_SUMS, memoryview(file.read_bytes()).cast("d"), strict=True):
            sums[section] += seconds
    return sums


_PLACES = {section: place for place, section in enumerate(_SUMS)}
