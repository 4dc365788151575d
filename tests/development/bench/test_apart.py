"""Work in a process of its own: its answer comes back, its memory and its children's are counted, its end is told."""

import os
import subprocess
import sys

import pytest

from service.development.bench.apart import run_apart
from service.errors import Unavailable

_HUNDRED_MB = 100_000_000
_A_WHILE = 2  # seconds: who looks fifty times in one may get no turn for a good part of one on a busy machine


def hold(megabytes: int) -> int:
    """Hold so much memory for a while, and tell which process this is."""
    held = b"x" * (megabytes * 1_000_000)
    subprocess.run([sys.executable, "-c", f"import time; time.sleep({_A_WHILE})"], check=True)
    return os.getpid() if held else 0


def have_a_child_hold() -> int:
    """Have a child hold a hundred megabytes for a while."""
    hold_it = f"import time; held = b'x' * {_HUNDRED_MB}; time.sleep({_A_WHILE})"
    subprocess.run([sys.executable, "-c", hold_it], check=True)
    return 1


def vanish() -> None:
    """End without a word."""
    os._exit(3)


def test_work_is_done_elsewhere_and_its_memory_is_its_own() -> None:
    pid, small = run_apart(hold, 1)
    _, large = run_apart(hold, 101)
    assert pid != os.getpid()
    assert 80 < large - small < 130


def test_what_its_children_hold_counts_too() -> None:
    _, alone = run_apart(hold, 1)
    _, together = run_apart(have_a_child_hold)
    assert 80 < together - alone < 130


def test_work_that_ends_by_itself_is_told() -> None:
    with pytest.raises(Unavailable, match="ended by itself"):
        run_apart(vanish)
