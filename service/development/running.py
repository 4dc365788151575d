"""Who uses ``var/`` now: one lock, and ``running.json`` that tells other commands where the servers answer.

The lock is the kernel's, so it cannot outlive its holder; the file can, and its process id then shows that it is stale.
"""

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path

from service.errors import Conflict

_LEFTOVERS_END_WITHIN = timedelta(seconds=10)
_POLL = 0.05


@dataclass(frozen=True)
class Running:
    """A service at work: ``environment`` is what its processes were told, ``children`` each process id's birth."""

    pid: int
    address: str
    environment: Mapping[str, str]
    children: Mapping[int, str] = field(default_factory=dict)


@contextmanager
def claim_var(var: Path) -> Iterator[None]:
    """Hold ``var/`` for as long as the block lasts, and clear away what a killed holder left behind.

    Raises:
        Conflict: another process holds it; the sentence names that process.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(_describe_holder(var)) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        _clear_leftovers(var)
        try:
            yield
        finally:
            (var / "running.json").unlink(missing_ok=True)


def announce(var: Path, address: str, environment: Mapping[str, str], pids: list[int]) -> None:
    """Write ``running.json``: seen whole or not at all, by our own account only, because addresses hold passwords."""
    running = Running(os.getpid(), address, dict(environment), {pid: find_birth(pid) or "" for pid in pids})
    unfinished = var / "running.json.part"
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(asdict(running), file, indent=2)
    unfinished.rename(var / "running.json")


def find_running(var: Path) -> Running | None:
    """Return the service that runs over ``var/``, or None if there is none (a stale file counts as none)."""
    running = _read(var)
    return running if running and find_birth(running.pid) else None


def find_birth(pid: int) -> str | None:
    """Return when a process was started, in the system's own words, or None if there is no such process.

    A process id is used again one day; the id together with its birth is not.
    """
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return None
        return None if fields[0] == "Z" else fields[19]  # proc(5): (3) state, (22) starttime
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607 - macOS has no /proc; ps is the system's
    return answer.stdout.strip() or None


def _read(var: Path) -> Running | None:
    try:
        fields = json.loads((var / "running.json").read_text())
        children = {int(pid): birth for pid, birth in fields["children"].items()}
        return Running(fields["pid"], fields["address"], fields["environment"], children)
    except (FileNotFoundError, ValueError, KeyError, AttributeError, TypeError):
        return None  # none there, or not a file of ours: it is written anew


def _describe_holder(var: Path) -> str:
    running = find_running(var)
    if running:
        return f"Postrider is already running at {running.address} (process {running.pid}); stop that one first."
    holder = (var / "lock").read_text() or "unknown"
    return f"Another postrider command (process {holder}) is using {var}; wait for it to end, or stop it."


def _clear_leftovers(var: Path) -> None:
    """End the children of a killed supervisor. On Linux the kernel has told them already; elsewhere nobody has."""
    running = _read(var)
    left = dict(running.children) if running else {}
    left = {pid: birth for pid, birth in left.items() if birth and find_birth(pid) == birth}
    for pid in left:
        _signal(pid, signal.SIGINT)
    deadline = time.monotonic() + _LEFTOVERS_END_WITHIN.total_seconds()
    while left and time.monotonic() < deadline:
        left = {pid: birth for pid, birth in left.items() if find_birth(pid) == birth}
        time.sleep(_POLL)
    for pid in left:
        _signal(-pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return
