"""Who uses ``var/``: one at a time, and what a killed holder left behind misleads nobody."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from service.development.running import announce, claim_var, find_birth, find_running
from service.errors import Conflict

SLEEPER = ["sleep", "600"]


def _dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_running_service_is_found_with_its_addresses(tmp_path: Path) -> None:
    with claim_var(tmp_path):
        announce(tmp_path, "http://localhost:8000", {"REDIS_URL": "redis://:pw@127.0.0.1:1/0"}, [])
        running = find_running(tmp_path)

    assert running
    assert (running.pid, running.address) == (os.getpid(), "http://localhost:8000")
    assert running.environment == {"REDIS_URL": "redis://:pw@127.0.0.1:1/0"}


def test_its_file_is_for_our_own_account_only_and_goes_when_it_stops(tmp_path: Path) -> None:
    with claim_var(tmp_path):
        announce(tmp_path, "http://localhost:8000", {}, [])
        assert (tmp_path / "running.json").stat().st_mode & 0o777 == 0o600

    assert not (tmp_path / "running.json").exists()
    assert find_running(tmp_path) is None


def test_a_second_start_is_told_where_the_first_one_runs(tmp_path: Path) -> None:
    with claim_var(tmp_path):
        announce(tmp_path, "http://localhost:8000", {}, [])
        with pytest.raises(Conflict, match=rf"already running at http://localhost:8000 \(process {os.getpid()}\)"):
            claim_var(tmp_path).__enter__()


def test_a_start_beside_a_single_command_is_told_which_process_that_is(tmp_path: Path) -> None:
    with claim_var(tmp_path), pytest.raises(Conflict, match=rf"process {os.getpid()}\) is using"):
        claim_var(tmp_path).__enter__()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', "null"])
def test_a_file_that_makes_no_sense_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "running.json").write_text(content)

    assert find_running(tmp_path) is None
    with claim_var(tmp_path):
        pass


def test_the_file_of_a_killed_service_is_stale_and_does_not_stop_the_next_start(tmp_path: Path) -> None:
    stale = {"pid": _dead_pid(), "address": "http://localhost:8000", "environment": {}, "children": {}}
    (tmp_path / "running.json").write_text(json.dumps(stale))

    assert find_running(tmp_path) is None
    with claim_var(tmp_path):
        pass


def test_the_children_of_a_killed_service_are_ended_at_the_next_start(tmp_path: Path) -> None:
    left = subprocess.Popen(SLEEPER, start_new_session=True)
    birth = find_birth(left.pid)
    stale = {"pid": _dead_pid(), "address": "", "environment": {}, "children": {left.pid: birth}}
    (tmp_path / "running.json").write_text(json.dumps(stale))

    with claim_var(tmp_path):
        assert left.wait(60) == -signal.SIGINT


def test_a_stranger_who_got_the_process_id_of_a_child_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen(SLEEPER, start_new_session=True)
    stale = {"pid": _dead_pid(), "address": "", "environment": {}, "children": {stranger.pid: "another birth"}}
    (tmp_path / "running.json").write_text(json.dumps(stale))

    with claim_var(tmp_path):
        assert stranger.poll() is None
    stranger.kill()
    stranger.wait()
