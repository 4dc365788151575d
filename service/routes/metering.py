"""How fast a route has been going lately, as this process sees it. Owns two counts and a moment; never a mail."""

from collections.abc import Callable
from typing import Final

SLOT: Final = 10.0  # seconds


class Meter:
    """Counts answers in slots of ten seconds and keeps the last two: cheap enough for every window."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._begun = self._last_begun = monotonic()
        self._count = self._last_count = 0

    def add(self, count: int) -> None:
        """Count answers that came now."""
        now = self._monotonic()
        if now - self._begun >= SLOT:
            is_idle = now - self._begun >= 2 * SLOT
            self._last_begun, self._last_count = (now, 0) if is_idle else (self._begun, self._count)
            self._begun, self._count = now, 0
        self._count += count

    def per_second(self) -> float:
        """Return the rate over the last ten to twenty seconds; of a start, as if it had been a second long."""
        return (self._last_count + self._count) / max(1.0, self._monotonic() - self._last_begun)
