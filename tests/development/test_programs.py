"""When the application's own processes are known to be ready."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.development.programs import make_beat

HOUR = 3600


def test_beat_is_ready_once_it_has_written_its_schedule_and_not_by_its_log_or_an_earlier_one(tmp_path: Path) -> None:
    earlier = tmp_path / "beat-schedule.bak"
    earlier.touch()
    os.utime(earlier, (time.time() - HOUR,) * 2)
    beat = make_beat({}, tmp_path)
    (tmp_path / "beat.log").touch()
    assert not beat.is_ready()
    # The file's clock may be some milliseconds behind the one that we read.
    (tmp_path / "beat-schedule.dat").touch()
    os.utime(tmp_path / "beat-schedule.dat", (time.time() + 1,) * 2)
    assert beat.is_ready()


def test_a_file_that_goes_in_the_moment_in_which_it_is_looked_at_counts_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def list_deleted(folder: Path, _: str) -> Iterator[Path]:
        yield folder / "beat-schedule.bak"

    monkeypatch.setattr(Path, "glob", list_deleted)
    assert not make_beat({}, tmp_path).is_ready()
