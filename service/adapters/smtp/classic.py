"""A relay over SMTP. Owns the dialogue and its phases; never decides what an outcome means for a person.

``smtplib.data`` can't tell a drop before the text from a drop after the final dot, so the dot is written here, last,
as its own write: before it nothing was sent for certain; after it only the relay knows.
"""

import contextlib
import smtplib
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from service.errors import Unavailable
from service.mail.events import Outcome, OutcomeKind, outcome_of_reply

CONNECT_TIMEOUT = 15.0  # seconds
REPLY_TIMEOUT = 60.0  # seconds for one read; shorter than the lease of a copy in flight


@dataclass(frozen=True)
class SmtpTransport:
    """A relay by URL: ``smtp://``, ``smtp+starttls://`` (required, verified) or ``smtps://``; may hold a sign-in."""

    url: str = field(repr=False)
    local_hostname: str

    def connect(self) -> "SmtpConnection":
        """Return a connection that is greeted, encrypted and signed in, as the URL asks.

        Raises:
            Unavailable: when any of that fails; the sentence holds no secret.
        """
        try:
            return SmtpConnection(self._open())
        except (OSError, smtplib.SMTPException) as problem:
            raise Unavailable(f"The mail relay can't be used now ({_plain(problem)}).") from problem

    def _open(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "localhost", parts.port
        tls = ssl.create_default_context()
        if parts.scheme == "smtps":
            client: smtplib.SMTP = smtplib.SMTP_SSL(
                host, port or 465, self.local_hostname, timeout=CONNECT_TIMEOUT, context=tls
            )
        else:
            client = smtplib.SMTP(host, port or 25, self.local_hostname, timeout=CONNECT_TIMEOUT)
        if parts.scheme == "smtp+starttls":
            client.starttls(context=tls)
        client.ehlo_or_helo_if_needed()
        if parts.username:
            client.login(unquote(parts.username), unquote(parts.password or ""))
        if client.sock is not None:
            client.sock.settimeout(REPLY_TIMEOUT)
        return client


class SmtpConnection:
    """One kept connection; see ``service.mail.transport.RelayConnection``."""

    def __init__(self, client: smtplib.SMTP) -> None:
        self._client = client
        self.is_open = True

    def begin(self, sender: str, recipient: str) -> Outcome | None:
        """Send MAIL and RCPT. Returns None when both were taken, else why not; nothing was sent either way."""
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{recipient}>"):
            try:
                code, text = self._client.docmd(command)
            except (OSError, smtplib.SMTPException) as problem:
                return self._dropped(OutcomeKind.DEFERRED, problem)
            if code // 100 != 2:
                return self._refused(code, text)
        return None

    def finish(self, message: bytes) -> Outcome:
        """Send DATA, the text, then the final dot as the last write, and wait for the answer."""
        try:
            code, text = self._client.docmd("DATA")
            if code != 354:
                return self._refused(code, text)
            self._client.send(_stuffed(message))
        except (OSError, smtplib.SMTPException) as problem:
            return self._dropped(OutcomeKind.DEFERRED, problem)
        try:
            self._client.send(b".\r\n")
            code, text = self._client.getreply()
        except (OSError, smtplib.SMTPException) as problem:
            return self._dropped(OutcomeKind.LOST_TRACK, problem)
        if code == -1:
            return self._dropped(OutcomeKind.LOST_TRACK, EOFError("the reply was cut short"))
        return outcome_of_reply(code, _words(text))

    def abandon(self) -> None:
        """Forget the mail announced by ``begin``."""
        try:
            self._client.docmd("RSET")
        except (OSError, smtplib.SMTPException):
            self.is_open = False

    def close(self) -> None:
        """Say QUIT if the relay still listens; never raises."""
        with contextlib.suppress(OSError, smtplib.SMTPException):
            if self.is_open:
                self._client.quit()
        self._client.close()
        self.is_open = False

    def _refused(self, code: int, text: bytes) -> Outcome:
        outcome = outcome_of_reply(code, _words(text))
        if code == 421:  # RFC 5321 §3.8: the relay is closing the channel
            self.is_open = False
        else:
            self.abandon()
        kept = outcome.kind if outcome.kind is not OutcomeKind.ACCEPTED else OutcomeKind.DEFERRED
        return Outcome(kept, outcome.code, outcome.text)

    def _dropped(self, kind: OutcomeKind, problem: Exception) -> Outcome:
        self.is_open = False
        return Outcome(kind, None, f"the connection ended ({_plain(problem)})")


def _stuffed(message: bytes) -> bytes:
    """Double a dot that begins a line (RFC 5321 §4.5.2) and end with a line end."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    if stuffed.startswith(b"."):
        stuffed = b"." + stuffed
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"


def _words(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())


def _plain(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPResponseException):
        raw = problem.smtp_error
        return f"{problem.smtp_code} {_words(raw if isinstance(raw, bytes) else raw.encode())}"
    return type(problem).__name__ if not str(problem) else " ".join(str(problem).split())[:200]
