"""The other end of a dialogue without a socket: hears commands, says what its script has, knows what it took."""

from collections.abc import Mapping, Sequence

USUAL = {"MAIL": "250 2.1.0 Ok", "RCPT": "250 2.1.5 Ok", "DATA": "354 Go", "text": "250 2.0.0 Queued", "RSET": "250 Ok"}


class Peer:
    """``script`` has the replies for each command in turn; after them comes what is usual.

    ``took`` are the recipients of the mails it answered with 2xx after their dot; ``had`` those whose dot it heard.
    """

    def __init__(self, script: Mapping[str, Sequence[str]] | None = None) -> None:
        self._script = {verb: list(replies) for verb, replies in (script or {}).items()}
        self._heard = b""
        self._is_text = False
        self._sender = False
        self._recipients: list[str] = []
        self.commands: list[str] = []
        self.took: list[str] = []
        self.had: list[str] = []

    def hear(self, data: bytes) -> bytes:
        """Return what it answers to these bytes."""
        self._heard += data
        said = b""
        while (reply := self._next()) is not None:
            said += reply
        return said

    def _next(self) -> bytes | None:
        if self._is_text:
            return self._end_text()
        line, found, rest = self._heard.partition(b"\r\n")
        if not found:
            return None
        self._heard = rest
        return self._answer(line.decode())

    def _end_text(self) -> bytes | None:
        # The dot may be the whole text.
        text, found, rest = (b"\r\n" + self._heard).partition(b"\r\n.\r\n")
        if not found:
            return None
        assert not (text and not self._recipients), "a text came for nobody"
        self._heard, self._is_text = rest, False
        self.had += self._recipients
        reply = self._say("text")
        if reply.startswith("2"):
            self.took += self._recipients
        self._recipients = []
        return reply.encode() + b"\r\n"

    def _answer(self, line: str) -> bytes:
        self.commands.append(line)
        verb = line.partition(" ")[0]
        reply = self._say(verb)
        if verb == "MAIL" and self._recipients:
            reply = "503 5.5.1 Nested MAIL"
        elif verb in {"MAIL", "RSET"}:
            self._recipients = []
        elif verb == "RCPT" and reply.startswith("2"):
            self._recipients.append(line.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self._is_text = reply.startswith("354")
        return reply.encode() + b"\r\n"

    def _say(self, verb: str) -> str:
        scripted = self._script.get(verb)
        return scripted.pop(0) if scripted else USUAL[verb]
