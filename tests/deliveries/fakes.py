"""A relay without a network: it answers by a script, and shows what the sender asked of it and when.

Keeps the phases of a real one: a witness hears of each mail before it leaves and again when its fate is known.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail, RelayAway, Witness

ACCEPTED = Outcome(OutcomeKind.ACCEPTED, 250, "2.0.0 Ok")
GONE = Outcome(OutcomeKind.DEFERRED, None, "the connection ended", About.RELAY)


@dataclass
class FakeSession:
    """One session. ``relay`` holds the script; ``wire`` is what was announced and has not left."""

    relay: "FakeRelay"
    witness: Witness | None
    wire: list[OutgoingMail] = field(default_factory=list)
    is_open: bool = True
    closing_words: Outcome | None = None
    is_closed: bool = False

    @property
    def largest(self) -> int | None:
        """As the relay says."""
        return self.relay.largest

    @property
    def room(self) -> int:
        """One mail for each connection."""
        return max(0, self.relay.connections - len(self.wire))

    @property
    def in_hand(self) -> int:
        """What has no outcome yet."""
        return len(self.wire)

    def take(self, mail: OutgoingMail) -> None:
        """Put it on the wire."""
        self.wire.append(mail)

    def exchange(self, seconds: float) -> list[tuple[int, Outcome]]:
        """Let everything on the wire leave and be answered, unless the script holds it."""
        self.relay.on_exchange(self, seconds)
        if (self.relay.is_held or self.relay.is_unready) and self.is_open:
            return []
        answers = [(mail.key, self._send(mail)) for mail in self.wire]
        self.wire.clear()
        return answers

    def recall(self) -> list[int]:
        """Give up what was not announced: all, where no connection is ready, else nothing."""
        return self.hand_back() if self.relay.is_unready else []

    def hand_back(self) -> list[int]:
        """Give up what has not left."""
        keys = [mail.key for mail in self.wire]
        self.wire.clear()
        return keys

    def close(self) -> None:
        """Hang up."""
        self.is_closed = True

    def end(self, words: Outcome = GONE) -> None:
        """Let every connection be lost."""
        self.is_open, self.closing_words = False, words

    def _send(self, mail: OutgoingMail) -> Outcome:
        if not self.is_open:
            outcome = GONE
        else:
            outcome = self.relay.answers.get(mail.recipient, ACCEPTED)
            if self.witness is not None:
                self.witness.note_leaving(mail.key)
            self.relay.on_leaving(mail)
            self.relay.received.append(mail.recipient)
        if self.witness is not None:
            self.witness.note_answer(mail.key, outcome)
        return outcome


@dataclass
class FakeRelay:
    """The relay, and the routes to it. ``received`` are the recipients of all mails whose final dot was out.

    ``answers``: what a recipient's mail gets, ACCEPTED by default. ``is_held``: nothing is answered.
    ``is_unready``: no connection takes a mail yet, though there is room for them. ``waits``: seconds
    that a recipient's mail must wait. The functions are called at the moments that they are named for.
    """

    connections: int = 4
    largest: int | None = None
    answers: dict[str, Outcome] = field(default_factory=dict)
    waits: dict[str, float] = field(default_factory=dict)
    is_held: bool = False
    is_unready: bool = False
    is_away: Outcome | None = None
    on_exchange: Callable[[FakeSession, float], None] = lambda *_: None
    on_leaving: Callable[[OutgoingMail], None] = lambda _: None
    on_grant: Callable[[], None] = lambda: None
    received: list[str] = field(default_factory=list)
    learnt: list[tuple[str, Outcome]] = field(default_factory=list)
    asked: list[list[str]] = field(default_factory=list)
    sessions: list[FakeSession] = field(default_factory=list)

    def open(self, witness: Witness | None = None, connections: int | None = None) -> tuple[str, FakeSession]:
        """Open a session, as ``Routes.open`` does."""
        del connections
        if self.is_away is not None:
            raise RelayAway("No relay takes mail now.", self.is_away)
        self.sessions.append(FakeSession(self, witness))
        return "fake", self.sessions[-1]

    def grant(self, route: str, recipients: Sequence[str]) -> list[float]:
        """Answer by ``waits``."""
        assert route == "fake"
        self.asked.append(list(recipients))
        self.on_grant()
        return [self.waits.get(recipient, 0.0) for recipient in recipients]

    def learn(self, route: str, answers: Collection[tuple[str, Outcome]]) -> None:
        """Remember."""
        assert route == "fake"
        self.learnt.extend(answers)
