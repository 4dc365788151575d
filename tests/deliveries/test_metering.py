"""The senders' processor time: noted by section, summed over processes, there though a process was killed."""

import os
import signal
from pathlib import Path

from service.deliveries.metering import COPIES, MeterFile, read_meters
from tests.faults.forks import Fork


def test_sections_are_summed_over_all_files(tmp_path: Path) -> None:
    folder = tmp_path / "meters"
    one, other = MeterFile(folder), MeterFile(folder)
    one.add("sign", 0.5)
    one.add("sign", 0.25)
    other.add("sign", 1)
    other.add("database", 2)
    other.add(COPIES, 1)
    assert read_meters(folder) == {"personalise": 0.0, "sign": 1.75, "smtp": 0.0, "database": 2.0, COPIES: 1.0}


def note_and_die(folder: Path) -> None:
    """Be a sender that is killed."""
    MeterFile(folder).add("smtp", 3)
    os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_noted_is_kept(tmp_path: Path) -> None:
    assert Fork(note_and_die, tmp_path).wait_for_end() == -signal.SIGKILL
    assert read_meters(tmp_path)["smtp"] == 3.0


def test_a_folder_that_nobody_made_holds_zeros(tmp_path: Path) -> None:
    assert set(read_meters(tmp_path / "none").values()) == {0.0}
