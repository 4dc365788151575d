"""Waiting for what other processes do. A test that waits in vain fails with what it waited for."""

import time
from collections.abc import Callable

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

PATIENCE = 180.0  # seconds; generous, so that a slow machine is not a failure


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return once ``condition()`` is true; asked twenty times a second."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.05)


def wait_for_follower(ours: Session | Connection) -> None:
    """Return once another transaction waits for a lock that the open transaction of ``ours`` holds.

    Read from ``pg_locks``: a transaction that looks into ``pg_stat_activity`` twice sees what it saw the first time.
    """
    waits = text(
        "select exists(select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid)))"
    )
    wait_until(lambda: ours.scalar(waits), "another transaction to wait for this one")
