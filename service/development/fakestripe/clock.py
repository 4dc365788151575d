"""The test Stripe's own time, in whole seconds since 1970: real time, moved forward by hand. Never moves back.

Signatures of webhooks go by real time: the receiver compares them with its own clock.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class Clock:
    """Real time plus what it was moved by; or, with ``starts_at``, a moment that only moves by hand."""

    def __init__(self, starts_at: int | None = None, moved_by: int = 0) -> None:
        self.starts_at = starts_at
        self.moved_by = moved_by
        self._standing: int | None = None

    def now(self) -> int:
        """Return the present moment of the test Stripe."""
        if self._standing is not None:
            return self._standing
        return (int(time.time()) if self.starts_at is None else self.starts_at) + self.moved_by

    def unmoved(self) -> int:
        """Return the present moment of whoever did not move: the caller of the API lives in real time."""
        return self.now() - self.moved_by

    def move(self, seconds: int) -> None:
        """Move forward; what falls into that time is ``timeline``'s."""
        self.moved_by += seconds

    @contextmanager
    def standing_at(self, moment: int) -> Iterator[None]:
        """Let it be exactly ``moment`` inside the block: work that was due then is dated then."""
        before, self._standing = self._standing, moment
        try:
            yield
        finally:
            self._standing = before
