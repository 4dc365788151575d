"""What is said on a new connection: EHLO, STARTTLS, sign-in. Owns its order and rules; never touches a socket.

A generator: it yields what to write and is sent the reply, or yields ``ENCRYPT`` and goes on once TLS is there.
"""

import base64
from collections.abc import Generator
from dataclasses import dataclass, field
from enum import Enum, auto

from service.adapters.smtp.extensions import Extensions, read_extensions
from service.adapters.smtp.replies import Reply, words
from service.mail.events import About, Outcome, OutcomeKind


class Wish(Enum):
    """What the greeting needs beside replies."""

    ENCRYPT = auto()


ENCRYPT = Wish.ENCRYPT
Greeting = Generator[bytes | Wish, Reply, Extensions]


class NotGreeted(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The relay will not take mail on this connection; ``outcome`` is its answer, or what is missing."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.text)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Terms:
    """What a route asks of its relay. ``starttls``: not a word of mail without it. ``user`` is "" for no sign-in."""

    local_hostname: str
    starttls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)


def greet(terms: Terms, *, is_private: bool) -> Greeting:
    """Greet the relay and sign in. ``is_private``: what is said already reaches nobody but the relay.

    Returns what the relay can, as it said last.

    Raises:
        NotGreeted: at an answer that is not the one needed.
    """
    _need((yield b""), 220)
    extensions = yield from _hello(terms.local_hostname)
    if terms.starttls:
        if not extensions.starttls:
            raise _lacking("it offers no STARTTLS, which this route requires")
        _need((yield b"STARTTLS\r\n"), 220)
        yield ENCRYPT
        # RFC 3207 §4.2: nothing said before counts.
        extensions = yield from _hello(terms.local_hostname)
        is_private = True
    if terms.user:
        if not is_private:
            raise _lacking("it would be sent the password unencrypted; use smtp+starttls:// or smtps://")
        yield from _sign_in(terms, extensions)
    return extensions


def _hello(local_hostname: str) -> Greeting:
    reply = yield b"EHLO %b\r\n" % local_hostname.encode("idna")
    _need(reply, 250)
    return read_extensions(reply[1])


def _sign_in(terms: Terms, extensions: Extensions) -> Generator[bytes | Wish, Reply, None]:
    if "PLAIN" in extensions.sign_in:  # RFC 4616
        _need((yield b"AUTH PLAIN %b\r\n" % _base64(f"\0{terms.user}\0{terms.password}")), 235)
    elif "LOGIN" in extensions.sign_in:  # draft-murchison-sasl-login
        _need((yield b"AUTH LOGIN\r\n"), 334)
        _need((yield b"%b\r\n" % _base64(terms.user)), 334)
        _need((yield b"%b\r\n" % _base64(terms.password)), 235)
    else:
        raise _lacking("it offers no sign-in by AUTH PLAIN or LOGIN, which this route needs")


def _base64(text: str) -> bytes:
    return base64.b64encode(text.encode())


def _need(reply: Reply, code: int) -> None:
    said, text = reply
    if said != code:
        kind = OutcomeKind.REFUSED if said >= 500 else OutcomeKind.DEFERRED
        raise NotGreeted(Outcome(kind, said, words(text), About.RELAY))


def _lacking(what: str) -> NotGreeted:
    return NotGreeted(Outcome(OutcomeKind.DEFERRED, None, what, About.RELAY))
