"""Work in a process of its own: its answer comes back, its memory and its children's are counted, its end is told."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from service.development.bench import apart
from service.development.bench.apart import run_apart
from service.development.bench.counting import read_peak_mb
from service.errors import Unavailable
from tests.waiting import PATIENCE, wait_until

_HUNDRED_MB = 100_000_000
# As ``hold`` does, in a process that loads nothing else.
_HOLD = """
import os, pathlib, sys, time
held = b"x" * int(sys.argv[1])
pathlib.Path(f"{os.getpid()}").touch()
while not pathlib.Path(f"{os.getpid()}-seen").exists():
    time.sleep(0.02)
"""


def hold(size: int, folder: Path) -> int:
    """Hold so many bytes until somebody has looked, and tell which process this is."""
    held = b"x" * size
    (folder / f"{os.getpid()}").touch()
    wait_until((folder / f"{os.getpid()}-seen").exists, "a look at this process")
    return os.getpid() if held else 0


def have_a_child_hold(folder: Path) -> int:
    """Have a child hold a hundred megabytes until somebody has looked."""
    subprocess.run([sys.executable, "-c", _HOLD, str(_HUNDRED_MB)], cwd=folder, check=True, timeout=PATIENCE)
    return 1


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a process says that it holds what it is to hold, and is told that somebody has looked since."""
    look = read_peak_mb

    def look_and_tell(processes: Iterable[int]) -> float:
        (process,) = processes
        is_holding = (tmp_path / f"{process}").exists()
        peak = look([process])
        if is_holding:
            (tmp_path / f"{process}-seen").touch()
        return peak

    monkeypatch.setattr(apart, "read_peak_mb", look_and_tell)
    return tmp_path


def vanish() -> None:
    """End without a word."""
    os._exit(3)


def test_work_is_done_elsewhere_and_its_memory_is_its_own(folder: Path) -> None:
    pid, small = run_apart(hold, 1, folder)
    _, large = run_apart(hold, 1 + _HUNDRED_MB, folder)
    assert pid != os.getpid()
    assert 80 < large - small < 130


def test_what_its_children_hold_counts_too(folder: Path) -> None:
    _, alone = run_apart(hold, 1, folder)
    _, together = run_apart(have_a_child_hold, folder)
    assert 80 < together - alone < 130


def test_work_that_ends_by_itself_is_told() -> None:
    with pytest.raises(Unavailable, match="ended by itself"):
        run_apart(vanish)
