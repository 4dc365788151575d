"""The flag that a signal sets, and a second signal in the midst of the first one's handler."""

import threading

import pytest
from celery.signals import worker_shutting_down

from workers import stopping


class Interrupted(threading.Event):
    """An event that another signal interrupts while it is being set; its lock would let no second call in."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def set(self) -> None:
        """Be interrupted, then be set."""
        self.calls += 1
        if self.calls == 1:
            worker_shutting_down.send(sender="a worker")
        super().set()


def test_a_signal_that_comes_within_the_handler_of_another_does_not_wait_for_its_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    event = Interrupted()
    monkeypatch.setattr(stopping, "STOPPING", event)
    monkeypatch.setattr(stopping, "_was_asked", False)
    assert not stopping.is_stopping()
    worker_shutting_down.send(sender="a worker")
    assert (stopping.is_stopping(), event.calls) == (True, 1)
