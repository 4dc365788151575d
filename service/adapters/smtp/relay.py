"""A route's relay by its URL. Owns what the URL means; never speaks itself."""

import socket
import ssl
from urllib.parse import unquote, urlsplit

from service.adapters.smtp.failures import away
from service.adapters.smtp.greeting import Terms
from service.adapters.smtp.line import Address
from service.adapters.smtp.opening import Target
from service.adapters.smtp.patience import Patience
from service.adapters.smtp.session import SmtpSession
from service.mail.events import Outcome
from service.mail.transport import RelayAway, Witness
from service.settings import Route

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}  # RFC 5321, 6409, 8314


class SmtpRelay:
    """``smtp://``, ``smtp+starttls://`` (required, verified) or ``smtps://``; a user in the URL signs in.

    ``context`` says which certificates are trusted, by default those that the system trusts.
    """

    def __init__(
        self,
        route: Route,
        local_hostname: str,
        *,
        patience: Patience | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(route.url)
        self._route = route
        self._host = parts.hostname or "localhost"
        self._port = parts.port or _PORTS[parts.scheme]
        self._patience = patience or Patience()
        self._target = Target(
            self._host,
            Terms(
                local_hostname,
                starttls=parts.scheme == "smtp+starttls",
                user=unquote(parts.username or ""),
                password=unquote(parts.password or ""),
            ),
            # Reading all that the system trusts takes a while, which a line without TLS need not spend.
            context or (ssl.create_default_context() if parts.scheme != "smtp" else None),
            is_tls_first=parts.scheme == "smtps",
        )

    @property
    def name(self) -> str:
        """The route's name."""
        return self._route.name

    def open(self, witness: Witness | None = None, connections: int | None = None) -> SmtpSession:
        """Return a session with a connection that can take mail; see ``service.mail.transport.Relay``.

        Raises:
            RelayAway: when none can be opened; the sentence holds no secret.
        """
        limit = self._route.connections if connections is None else connections
        session = SmtpSession(self._resolve(), self._target, self._patience, max(1, limit), witness)
        session.start()
        if session.closing_words is not None:
            session.close()
            raise self._away(session.closing_words)
        return session

    def _resolve(self) -> list[Address]:
        """Return where the relay is, at this moment."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise self._away(away(f"its name {self._host} leads nowhere")) from None
        return [(family, place) for family, _, _, _, place in found]

    def _away(self, why: Outcome) -> RelayAway:
        words = f"{why.code} {why.text}" if why.code else why.text
        return RelayAway(f"The mail relay {self.name} can't be used now ({words}).", why)
