"""A dialogue whose wire the test moves itself, byte by byte if need be."""

from dataclasses import dataclass, field

from service.adapters.smtp.dialogue import Dialogue
from service.adapters.smtp.extensions import Extensions
from service.mail.events import About, Outcome, OutcomeKind
from service.mail.transport import OutgoingMail
from tests.adapters.smtp.peers import Peer

ACCEPTED, DEFERRED, REFUSED, LOST = (
    OutcomeKind.ACCEPTED,
    OutcomeKind.DEFERRED,
    OutcomeKind.REFUSED,
    OutcomeKind.LOST_TRACK,
)
TEXT = b"Subject: a\r\n\r\n..dots\r\nend\r\n"
DOT = b".\r\n"


@dataclass
class Notes:
    """Keeps the order of what a witness is told and what leaves."""

    entries: list[tuple[str, int]] = field(default_factory=list)

    def note_leaving(self, key: int) -> None:
        self.entries.append(("leaving", key))

    def note_answer(self, key: int, outcome: Outcome) -> None:
        raise AssertionError((key, outcome, "the session says this, not the dialogue"))


class Line:
    """A dialogue and what it told; the wire between it and a peer is moved by the test."""

    def __init__(self, *, pipelining: bool = True) -> None:
        self.told: list[tuple[int, Outcome]] = []
        self.notes = Notes()
        self.dialogue = Dialogue(
            Extensions(pipelining=pipelining), lambda key, outcome: self.told.append((key, outcome)), self.notes
        )

    def announce(self, *keys: int) -> None:
        for key in keys:
            self.dialogue.announce(mail(key))

    def written(self, count: int | None = None) -> bytes:
        """Let the kernel take ``count`` bytes, or all, and return them."""
        data = b"".join(self.dialogue.out)[:count]
        if data:
            self.dialogue.taken(len(data))
        return data

    def says(self, *replies: str) -> None:
        self.dialogue.receive("".join(f"{reply}\r\n" for reply in replies).encode())

    @property
    def outcomes(self) -> list[tuple[int, OutcomeKind, int | None, About]]:
        return [(key, outcome.kind, outcome.code, outcome.about) for key, outcome in self.told]


def mail(key: int, content: bytes = TEXT) -> OutgoingMail:
    return OutgoingMail(key, f"b-{key}@letters.test", f"reader{key}@example.test", content)


def group(key: int) -> bytes:
    return f"MAIL FROM:<b-{key}@letters.test>\r\nRCPT TO:<reader{key}@example.test>\r\nDATA\r\n".encode()


def bring_out(line: Line, key: int) -> None:
    """Announce a mail and let its text go out whole."""
    line.announce(key)
    line.written()
    line.says("250 ok", "250 ok", "354 go")
    line.written()


def talk(line: Line, peer: Peer) -> None:
    """Carry everything both say, until both are silent."""
    while data := line.written():
        line.dialogue.receive(peer.hear(data))
