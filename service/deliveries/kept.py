"""Open sessions for single letters, kept for a moment after each. Owns their number and age, never what they say.

Signing in takes longer than a letter does. A thread has a session for itself as long as it needs it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Final

from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import RelaySession
from service.routes.choosing import NoRoute, Routes

LONGEST_IDLE: Final = 30.0  # seconds; relays hang up on a silent client after a few minutes, and count who stays


@dataclass(frozen=True, slots=True)
class Lent:
    """A session in one thread's hands. ``is_used``: it has carried letters before, so its relay may have hung up."""

    route: str
    session: RelaySession
    is_used: bool = False


class KeptSessions:
    """The sessions of a process's threads. Safe for many threads."""

    def __init__(self, routes: Routes, clock: Callable[[], float] = monotonic) -> None:
        self._routes, self._clock = routes, clock
        self._lock = Lock()
        self._idle: list[tuple[float, Lent]] = []

    def lend(self, recipient: str) -> Lent:
        """Return a session whose route takes a mail to ``recipient`` now: a kept one if possible.

        Raises:
            NoRoute: when there is none, or every limit is used up.
        """
        lent = self._find_kept()
        if lent is not None and not self._wait_for(lent, recipient):
            return lent
        if lent is not None:  # its route rests; another may not
            self.take_back(lent)
        lent = self.open()
        wait = self._wait_for(lent, recipient)
        if wait:
            self.take_back(lent)
            words = f"route {lent.route} keeps its pace"
            raise NoRoute(words, Outcome(OutcomeKind.DEFERRED, None, words, About.RELAY), wait)
        return lent

    def open(self) -> Lent:
        """Return a new session of one connection. Raises NoRoute when no relay takes mail now."""
        return Lent(*self._routes.open(connections=1))

    def take_back(self, lent: Lent) -> None:
        """Keep a session for the next letter, or close it where it can't take one."""
        if lent.session.is_open and not lent.session.in_hand:
            with self._lock:
                self._idle.append((self._clock(), Lent(lent.route, lent.session, is_used=True)))
        else:
            lent.session.close()

    def close_idle(self, longest: float = LONGEST_IDLE) -> None:
        """Leave the relays that no letter was for in the last ``longest`` seconds."""
        oldest = self._clock() - longest
        with self._lock:
            old = [lent for since, lent in self._idle if since <= oldest]
            self._idle = [(since, lent) for since, lent in self._idle if since > oldest]
        for lent in old:
            lent.session.close()

    def _find_kept(self) -> Lent | None:
        self.close_idle()
        with self._lock:
            return self._idle.pop()[1] if self._idle else None

    def _wait_for(self, lent: Lent, recipient: str) -> float:
        return self._routes.grant(lent.route, [recipient], urgent=True)[0]
