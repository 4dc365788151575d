"""The shared limiter: how many mails may leave now, counted for the whole fleet. Never blocks, never raises.

Redis counts, and the database while Redis is away; each by its own clock, so a worker's clock does not matter.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from service.errors import Unavailable

log = logging.getLogger(__name__)

AWAY_FOR: Final = 5.0  # seconds: a Redis that hangs costs one short timeout in these, not one for each window


class Limiter(Protocol):
    """Token buckets by name. A bucket that nobody used yet is full."""

    def take(self, bucket: str, per_second: float, burst: float, want: int, debt: float = 0.0) -> int:
        """Take up to ``want`` tokens out of a bucket of ``burst`` that fills at ``per_second``; return how many.

        ``debt`` is how far below empty this caller may take it; the next ones wait for that.

        Raises:
            Unavailable: when the place that counts does not answer.
        """

    def give_back(self, bucket: str, per_second: float, burst: float, count: int) -> None:
        """Put unused tokens back. Raises ``Unavailable`` as ``take`` does."""


class SharedLimiter:
    """Asks ``first``, and ``second`` while the first is away. Where neither answers, nothing leaves."""

    def __init__(self, first: Limiter, second: Limiter, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._first, self._second, self._monotonic = first, second, monotonic
        self._ask_again_at = float("-inf")

    def take(self, bucket: str, per_second: float, burst: float, want: int, debt: float = 0.0) -> int:
        """Take tokens; see ``Limiter``. Never raises."""
        granted = self._ask(lambda limiter: limiter.take(bucket, per_second, burst, want, debt))
        return granted or 0

    def give_back(self, bucket: str, per_second: float, burst: float, count: int) -> None:
        """Put unused tokens back; see ``Limiter``. Never raises: a lost token is a mail a little later."""
        self._ask(lambda limiter: limiter.give_back(bucket, per_second, burst, count))

    def _ask(self, question: "Callable[[Limiter], int | None]") -> int | None:
        if self._monotonic() >= self._ask_again_at:
            try:
                return question(self._first)
            except Unavailable as away:
                self._ask_again_at = self._monotonic() + AWAY_FOR
                log.warning("the database counts mails for %.0f s: %s", AWAY_FOR, away.message)
        try:
            return question(self._second)
        except Unavailable as away:
            log.warning("nobody counts mails now, so those under a limit wait: %s", away.message)
            return None
