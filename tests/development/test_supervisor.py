"""The supervisor over dummy programs: order, Ctrl-C, a dead child, its own death; and nothing is ever left behind."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from service.development.running import find_birth
from service.settings import ROOT

PATIENCE = 60
AFTER_A_MOMENT = 1  # seconds: signals within half of one are one asking


class Run:
    """A dummy service at work, and all that it has said so far."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.said = ""

    @property
    def pids(self) -> list[int]:
        """The children and grandchildren that it named."""
        return [int(pid) for pid in re.findall(r"(?:pid \S+|grandchild) (\d+)", self.said)]

    def read_until(self, words: str) -> None:
        """Read lines until one holds ``words``."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return
        raise AssertionError(f"it ended without saying {words!r}:\n{self.said}")

    def finish(self) -> int:
        """Read to the end and return the exit code."""
        assert self.process.stdout
        self.said += self.process.stdout.read()
        return self.process.wait(PATIENCE)


@contextmanager
def _run(scenario: str) -> Iterator[Run]:
    argv = [sys.executable, "-m", "tests.development.dummy_service", scenario]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)
    try:
        yield Run(process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def _wait_until_gone(pids: list[int]) -> None:
    """Fail unless every one of these processes ends soon by itself."""
    assert pids
    deadline = time.monotonic() + PATIENCE
    while alive := [pid for pid in pids if find_birth(pid)]:
        assert time.monotonic() < deadline, f"still alive: {alive}"
        time.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_one_signal_stops_everything_in_reverse_order_and_that_is_no_error(number: signal.Signals) -> None:
    with _run("polite") as run:
        run.read_until("all up")
        run.process.send_signal(number)
        code = run.finish()

        assert re.findall(r"(dummy-\d) +│ goes", run.said) == ["dummy-3", "dummy-2", "dummy-1"]
        assert code == 0
        _wait_until_gone(run.pids)


def test_what_a_child_started_itself_goes_too() -> None:
    with _run("grandchild") as run:
        run.read_until("all up")
        run.process.send_signal(signal.SIGINT)

        assert run.finish() == 0
        assert len(run.pids) == 2
        _wait_until_gone(run.pids)


def test_a_child_that_does_not_listen_is_ended_after_its_own_time() -> None:
    with _run("deaf") as run:
        run.read_until("all up")
        run.process.send_signal(signal.SIGTERM)

        assert run.finish() == 0
        assert "dummy-1  │ goes" in run.said
        _wait_until_gone(run.pids)


def test_a_second_ctrl_c_ends_at_once_what_does_not_listen() -> None:
    with _run("stubborn") as run:
        run.read_until("all up")
        run.process.send_signal(signal.SIGINT)
        run.read_until("Stopping")
        time.sleep(AFTER_A_MOMENT)
        run.process.send_signal(signal.SIGINT)  # once: one more could meet it when it listens no longer

        assert run.finish() == 0
        _wait_until_gone(run.pids)


def test_a_signal_that_comes_twice_in_a_moment_is_one_asking() -> None:
    with _run("polite") as run:
        run.read_until("all up")
        run.process.send_signal(signal.SIGSTOP)  # so that both are there when it goes on, however busy we are
        run.process.send_signal(signal.SIGINT)
        run.process.send_signal(signal.SIGTERM)
        run.process.send_signal(signal.SIGCONT)

        assert run.finish() == 0
        assert run.said.count("goes") == 3


def test_a_child_that_ends_by_itself_stops_the_others_and_is_named() -> None:
    with _run("polite") as run:
        run.read_until("all up")
        os.kill(run.pids[1], signal.SIGKILL)

        assert run.finish() == 1
        assert "error: dummy-2 ended by itself (killed by SIGKILL), so everything was stopped." in run.said
        assert re.findall(r"(dummy-\d) +│ goes", run.said) == ["dummy-3", "dummy-1"]
        _wait_until_gone(run.pids)


def test_a_child_that_does_not_come_up_stops_the_others_and_its_words_are_shown() -> None:
    with _run("failing") as run:
        assert run.finish() == 1
        assert "dummy-2  │ no luck" in run.said
        assert "error: dummy-2 ended by itself (exit code 3)" in run.said
        assert "all up" not in run.said
        _wait_until_gone(run.pids)


if sys.platform == "linux":  # by the kernel's leash; elsewhere the next start clears up, see test_running

    @pytest.mark.parametrize("scenario", ["polite", "deaf"])
    def test_killing_the_supervisor_itself_leaves_no_child(scenario: str) -> None:
        with _run(scenario) as run:
            run.read_until("all up")
            os.kill(run.process.pid, signal.SIGKILL)
            run.process.wait(PATIENCE)

            _wait_until_gone(run.pids)


def test_a_reader_of_the_output_that_goes_away_stops_nothing() -> None:
    with _run("polite") as run:
        run.read_until("all up")
        assert run.process.stdout
        run.process.stdout.close()
        run.process.send_signal(signal.SIGINT)

        assert run.process.wait(PATIENCE) == 0
        _wait_until_gone(run.pids)
