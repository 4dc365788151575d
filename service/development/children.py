"""One child process: started so that it cannot outlive its parent, stopped politely and then by force.

Owns signals, process groups and the kernel's leash. Never knows what a program is for.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from service.development.unprivileged import Account
from service.errors import Unavailable

POLL = 0.02
_PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True)
class Program:
    """What to start and how it lives.

    ``is_ready`` is asked again and again until it says yes; ``ready_line``, where given, must also have been printed.
    ``log`` is the file that takes the output; without one the starter reads it from a pipe. ``account`` is whom to run
    as, None for ourselves. ``death_signal`` is what the kernel sends when our process dies (Linux only).
    """

    name: str
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    is_ready: Callable[[], bool] = lambda: True
    ready_line: str = ""
    ready_within: timedelta = timedelta(seconds=60)
    stop_signal: signal.Signals = signal.SIGTERM
    stop_within: timedelta = timedelta(seconds=10)
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    log: Path | None = None
    folder: Path = Path("/")


class Child:
    """A started program. Must be started from the main thread: the kernel's leash is tied to the starting thread."""

    def __init__(self, program: Program) -> None:
        self.program = program
        output = subprocess.PIPE if program.log is None else program.log.open("wb")
        account = program.account
        try:
            self.process = subprocess.Popen(  # noqa: S603 - argv is built by this package, never from outside
                program.argv,
                env=dict(program.environment),
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # A session of its own: else the terminal sends Ctrl-C to the child as well.
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                # Only one call into libc, which is safe between fork and exec.
                preexec_fn=_leash(program.death_signal) if sys.platform == "linux" else None,  # noqa: PLW1509
            )
        finally:
            if not isinstance(output, int):
                output.close()

    @property
    def pid(self) -> int:
        """The process id, which is also the id of the child's process group."""
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the program's own stop signal; nothing happens if it has ended."""
        if self.is_alive:
            self.process.send_signal(self.program.stop_signal)

    def kill(self) -> None:
        """End the process and everything left in its group at once. Safe to repeat."""
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):  # macOS says the latter of a group of zombies
            return
        finally:
            self.process.wait()
            if self.process.stdout:
                self.process.stdout.close()

    def stop(self) -> None:
        """Ask to stop, wait for as long as the program may take, then end what is left. Safe to repeat."""
        self.ask_to_stop()
        try:
            self.process.wait(self.program.stop_within.total_seconds())
        except subprocess.TimeoutExpired:
            pass
        finally:
            self.kill()

    def wait_until_ready(self) -> None:
        """Return once the program answers; for programs with a log of their own.

        Raises:
            Unavailable: it ended or did not answer in time; the sentence ends with what it last said.
        """
        deadline = time.monotonic() + self.program.ready_within.total_seconds()
        while not (self._has_said_so() and self.program.is_ready()):
            if not self.is_alive or time.monotonic() > deadline:
                raise Unavailable(describe_failed_start(self))
            time.sleep(POLL)

    def _has_said_so(self) -> bool:
        line, log = self.program.ready_line, self.program.log
        return not line or (log is not None and line in log.read_text("utf-8", "replace"))


def describe_failed_start(child: Child) -> str:
    """Return a sentence on why the program is not up, with the end of its log where it has one."""
    program = child.program
    code = child.process.poll()
    seconds = program.ready_within.total_seconds()
    what = f"did not answer within {seconds:.0f} s" if code is None else f"ended at once ({describe_exit(code)})"
    said = tail(program.log) if program.log else ""
    return f"{program.name} {what}." + (f" It last said:\n{said}" if said else "")


def describe_exit(code: int) -> str:
    """Return how a process ended, in words."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def tail(log: Path, lines: int = 8) -> str:
    """Return the last lines of a log, indented; empty if there is no such file."""
    if not log.is_file():
        return ""
    text = log.read_text("utf-8", "replace").rstrip()
    return "\n".join(f"  {line}" for line in text.splitlines()[-lines:])


def _leash(death_signal: signal.Signals) -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def attach() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before the leash was on
            os.kill(os.getpid(), signal.SIGKILL)

    return attach
