"""Processes forked from this warm one, so that a killed one is back within milliseconds. Never decides whom to kill."""

import os
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path

from service.development.children import tail
from service.errors import Unavailable


class Crew:
    """Named processes that work until they are killed, each in a loop of its own ``work``."""

    def __init__(self, work: Mapping[str, Callable[[], None]], log: Path) -> None:
        """Start them all; ``log`` takes what they say. This process must have no other threads."""
        self._work, self._log = work, log
        self._processes = {name: self._start(name) for name in work}

    def kill(self, name: str) -> None:
        """End one with ``kill -9``, wherever it is in its work, and start its successor at once."""
        os.kill(self._processes[name], signal.SIGKILL)
        os.waitpid(self._processes[name], 0)
        self._processes[name] = self._start(name)

    def check(self) -> None:
        """Do nothing while all work.

        Raises:
            Unavailable: one ended by itself; the sentence has its last words.
        """
        for name, process in self._processes.items():
            if os.waitpid(process, os.WNOHANG) != (0, 0):
                del self._processes[name]
                raise Unavailable(f"{name} ended by itself. It last said:\n{tail(self._log, 20)}")

    def stop(self) -> None:
        """Kill them all, for good."""
        while self._processes:
            _, process = self._processes.popitem()
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)

    def _start(self, name: str) -> int:
        parent = os.getpid()
        process = os.fork()
        if process:
            return process
        try:
            _speak_into(self._log)
            work = self._work[name]
            while os.getppid() == parent:  # nobody is left behind when the bench itself dies
                work()
                time.sleep(0.02)
        except Exception:  # noqa: BLE001 - its last words, for whoever reads the log
            os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(1)  # never back into the bench's own code


def _speak_into(log: Path) -> None:
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
