"""What sending needs of a relay, as Protocols. Owns the words and the phases of one mail; SMTP itself is an adapter's.

Everything before the final dot was handed to the kernel certainly did not send. After it, only the relay's answer, or
its silence, tells.
"""

from dataclasses import dataclass
from typing import Protocol

from service.errors import Unavailable
from service.mail.events import Outcome


class RelayAway(Unavailable):
    """A relay can't be used now. ``outcome`` is its own last answer, or what failed."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


# Not frozen: that would make it three times as slow to make, and there is one for every mail. Nobody changes it.
@dataclass(slots=True, unsafe_hash=True)
class OutgoingMail:
    """One mail on its way to the relay. ``key`` is the caller's own name for it: a delivery's or a letter's id.

    ``content`` has CRLF line ends, ends with one, and is stuffed already: no line begins with a single dot.
    """

    key: int
    sender: str
    recipient: str
    content: bytes


class Witness(Protocol):
    """Keeps what a process that dies would take with it. Called in the sending thread, so it must be quick."""

    def note_leaving(self, key: int) -> None:
        """The next bytes handed to the kernel may hold this mail's final dot: from now on its fate may be unknown."""

    def note_answer(self, key: int, outcome: Outcome) -> None:
        """The fate of this mail is known."""


class RelaySession(Protocol):
    """Several kept connections to one relay, driven by the thread that calls ``exchange``.

    Each connection has at most one mail whose final dot is out and unanswered, and may have announced the next one
    (MAIL, RCPT, DATA), which has certainly not left before its own text is out.
    """

    @property
    def is_open(self) -> bool:
        """Whether it can still take mails; False once no connection lives and none can be made."""

    @property
    def closing_words(self) -> Outcome | None:
        """Why it is no longer open: the last answer or failure of a connection."""

    @property
    def largest(self) -> int | None:
        """How many bytes a mail may have (SIZE, RFC 1870); None where the relay does not say."""

    @property
    def room(self) -> int:
        """How many more mails it can do with now: those it would begin at once and, where the relay answers at once,
        one more for each connection, so that a text and the next announcement leave together."""

    @property
    def in_hand(self) -> int:
        """How many mails were taken and have no outcome yet."""

    def take(self, mail: OutgoingMail) -> None:
        """Put a mail in hand. Its outcome comes from a later ``exchange``, whatever happens to the connections."""

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:
        """Write and read until an outcome is there, or for at most ``seconds``. Returns (key, outcome) of each."""

    def recall(self) -> list[int]:
        """Give up what no connection has announced yet, and return its keys; all else stays under way."""

    def hand_back(self) -> list[int]:
        """Give up what has not begun to leave, and return its keys: these mails were certainly not sent."""

    def close(self) -> None:
        """Leave politely if possible; never raises. Mails still in hand have no outcome: call ``exchange`` before."""


class Relay(Protocol):
    """A relay that mail can be handed to, by the name of its route."""

    @property
    def name(self) -> str:
        """The route's name, as staff see it."""

    def open(self, witness: Witness | None = None, connections: int | None = None) -> RelaySession:
        """Return a session with at least one connection greeted, encrypted and signed in as the route asks.

        ``connections`` is how many may be open at once, by default as many as the route allows; they are opened as
        mails need them.

        Raises:
            RelayAway: when none can be opened; the sentence holds no secret.
        """
