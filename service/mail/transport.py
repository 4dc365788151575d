"""What sending needs of a relay, as Protocols. Owns the phases of one mail; the SMTP itself lives in adapters.

The point of two calls: everything before the final dot certainly did not send; only ``finish`` can lose track.
"""

from typing import Protocol

from service.mail.events import Outcome


class RelayConnection(Protocol):
    """One kept connection to the relay, used by one thread."""

    is_open: bool

    def begin(self, sender: str, recipient: str) -> Outcome | None:
        """Announce one mail (MAIL, RCPT). Returns None when the relay is ready for its text, else why not."""

    def finish(self, message: bytes) -> Outcome:
        """Send the text and wait for the answer. ``message`` has CRLF line ends and no dot-stuffing."""

    def abandon(self) -> None:
        """Forget the mail announced by ``begin`` (RSET)."""

    def close(self) -> None:
        """Leave politely if possible; never raises."""


class Transport(Protocol):
    """A relay that mail can be handed to."""

    def connect(self) -> RelayConnection:
        """Return an open connection.

        Raises:
            Unavailable: when the relay can't be reached or will not talk now.
        """
