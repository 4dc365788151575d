"""How many copies are intended at once. Owns the bounds and how it grows; never what is in a window.

Small, a pause or a farewell stops nearly every mail; large, one commit serves many. So it is as large as still passes
in a moment.
"""

from typing import Final

LARGEST: Final = 512
QUICK: Final = 0.05  # seconds in which a window should be with the relay
SLOW: Final = 0.2


class Window:
    """The size of the next window: as many as there are connections at first, then by how long the last one took."""

    def __init__(self, connections: int) -> None:
        self._least = max(1, min(connections, LARGEST))
        self.size = self._least

    def note(self, seconds: float) -> None:
        """Take note of how long the last window took, from its intent until all its copies were with the relay."""
        if seconds > SLOW:
            self.size = max(self._least, self.size // 2)
        elif seconds < QUICK:
            self.size = min(LARGEST, self.size * 2)
