"""The folder of the test servers: in memory where there is room, and cleared of what killed test runs left."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.fixtures import scratch
from tests.fixtures.scratch import PREFIX, clear_up, find_shelf, lend_folder


def test_memory_is_taken_where_it_is_there_and_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Path(tempfile.gettempdir())
    monkeypatch.setattr(scratch, "ROOM", 1)
    assert find_shelf(tmp_path) == tmp_path
    assert find_shelf(tmp_path / "not there") == usual
    monkeypatch.setattr(scratch, "ROOM", 1 << 60)
    assert find_shelf(tmp_path) == usual


def test_what_a_killed_test_run_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    left = tmp_path / f"{PREFIX}{ended.pid}-abc"
    others = [tmp_path / name for name in (f"{PREFIX}{os.getpid()}-abc", f"{PREFIX}abc", "var")]
    for folder in (left, *others):
        (folder / "data").mkdir(parents=True)
    clear_up(tmp_path)
    assert set(tmp_path.iterdir()) == set(others)


def test_the_folder_is_open_to_the_account_of_postgres_and_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "MEMORY", tmp_path)
    monkeypatch.setattr(scratch, "ROOM", 1)
    with lend_folder() as folder:
        assert folder.parent == tmp_path
        assert folder.stat().st_mode & 0o777 == 0o755
    assert list(tmp_path.iterdir()) == []
