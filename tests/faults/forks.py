"""Processes that a test starts in a hundredth of a second and may kill, freeze and thaw.

Each is forked from a clean process that has imported the service and has neither threads nor connections. Owns their
life; never what they do.
"""

import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.waiting import wait_until

PATIENCE = 180.0  # seconds; a process that takes longer to end is a failure
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.warm"])


class Fork:
    """One process that calls ``target(*args)``, a function of a module, and ends."""

    def __init__(self, target: Callable[..., None], *args: object) -> None:
        self._process = _forks.Process(target=target, args=args, daemon=True)
        self._process.start()

    @property
    def is_alive(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.is_alive()

    def kill(self) -> None:
        """``kill -9``, as the kernel does when memory runs out; returns once it is gone. Safe to repeat."""
        self._process.kill()
        self._process.join(PATIENCE)

    def freeze(self) -> None:
        """Stop it where it stands, as a machine that swaps or a hypervisor would; returns once it stands."""
        self._signal(signal.SIGSTOP)
        wait_until(self._is_standing, "the process to stand still")

    def thaw(self) -> None:
        """Let it go on as if nothing had happened."""
        self._signal(signal.SIGCONT)

    def ask_to_stop(self) -> None:
        """Ask it to stop, as a deploy does."""
        self._signal(signal.SIGTERM)

    def wait(self) -> None:
        """Wait until it has ended by itself; fails where it did not end well."""
        assert self.wait_for_end() == 0

    def wait_for_end(self) -> int | None:
        """Wait until it has ended, and return how: 0 for well, -9 for a kill; None where it still runs."""
        self._process.join(PATIENCE)
        return self._process.exitcode

    def _is_standing(self) -> bool:
        stat = Path(f"/proc/{self._process.pid}/stat")
        if stat.exists():
            return stat.read_text().rpartition(")")[2].split()[0] == "T"  # proc(5): (3) state
        said = subprocess.run(["ps", "-o", "state=", "-p", str(self._process.pid)], capture_output=True, check=False)
        return said.stdout.strip().startswith(b"T")

    def _signal(self, number: signal.Signals) -> None:
        assert self._process.pid is not None
        if self._process.is_alive():
            os.kill(self._process.pid, number)
