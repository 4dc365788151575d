"""Waiting for what other processes do. A test that waits in vain fails with what it waited for."""

import time
from collections.abc import Callable

PATIENCE = 60.0  # seconds; generous, so that a slow machine is not a failure


def wait_until(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    """Return once ``condition()`` is true; asked twenty times a second."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"waited {patience:.0f} s in vain: {what}"
        time.sleep(0.05)
