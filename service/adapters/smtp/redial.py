"""Whether, when and where another connection is asked for. Owns that rule; opens none itself.

A connection that had answered for a mail is replaced when it ends. One that never did shows that the relay takes no
more of them: then there is a rest or, with no other left and no address untried, an end.
"""

from collections import deque
from collections.abc import Sequence

from service.adapters.smtp.line import Address
from service.mail.events import Outcome, OutcomeKind


class Redial:
    """The addresses of one relay, and what was seen of it. ``rest`` is in seconds, ``now`` by any one clock."""

    __slots__ = ("_addresses", "_rest", "_rests_until", "_untried")

    def __init__(self, addresses: Sequence[Address], rest: float) -> None:
        self._addresses = deque(addresses)
        self._untried = len(addresses)
        self._rest = rest
        self._rests_until = 0.0

    def next_address(self) -> Address:
        """Return where to connect to now: each address in its turn."""
        self._addresses.rotate(-1)
        return self._addresses[-1]

    def may_add(self, live: int, now: float) -> bool:
        """Return whether another connection may be asked for beside ``live`` others."""
        return not live or now >= self._rests_until

    def note_good(self) -> None:
        """A connection that the relay answered on has ended."""
        self._untried = len(self._addresses)

    def note_barren(self, why: Outcome, live: int, now: float) -> bool:
        """A connection came to nothing. Returns whether to try another at once; with none live, False is the end.

        A refusal is the relay's word: its other addresses would say the same, and a password tried often locks us out.
        """
        if live:
            self._rests_until = now + self._rest
            return False
        self._untried -= 1
        return self._untried > 0 and why.kind is OutcomeKind.DEFERRED
