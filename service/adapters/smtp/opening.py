"""A connection until it can take mail: connecting, TLS and the greeting, within one deadline. Never blocks."""

import ssl
from dataclasses import dataclass

from service.adapters.smtp.extensions import Extensions
from service.adapters.smtp.failures import away, plain
from service.adapters.smtp.greeting import Greeting, NotGreeted, Terms, Wish, greet
from service.adapters.smtp.line import Line
from service.adapters.smtp.replies import BadReply, ReplyReader
from service.mail.events import Outcome


@dataclass(frozen=True, slots=True)
class Target:
    """A route's relay: its name as its certificate has it, what is asked of it, and whether TLS comes first.

    ``context`` is None where no TLS is asked for.
    """

    host: str
    terms: Terms
    context: ssl.SSLContext | None
    is_tls_first: bool = False


class Opening:
    """A line on its way to become a connection; ``go_on`` whenever it can be read or written.

    ``extensions`` is set once mail can be announced, ``ended`` once it never will be. ``due``: when it must be ready.
    """

    __slots__ = (
        "_greeting",
        "_is_connected",
        "_is_shaking",
        "_out",
        "_replies",
        "_target",
        "due",
        "ended",
        "extensions",
        "line",
    )

    def __init__(self, line: Line, target: Target, due: float) -> None:
        self.line = line
        self.due = due
        self.extensions: Extensions | None = None
        self.ended: Outcome | None = None
        self._target = target
        self._is_connected = False
        self._is_shaking = False
        self._out = b""
        self._replies = ReplyReader()
        is_private = target.is_tls_first or self.line.is_loopback
        self._greeting: Greeting = greet(target.terms, is_private=is_private)

    def go_on(self) -> None:
        """Do what can be done now; never raises."""
        if self.ended is not None:
            return
        try:
            if not self._is_connected:
                self._connect()
            elif self._is_shaking:
                self._shake_hands()
            elif self._out:
                self._say(b"")
            else:
                self._hear()
        except StopIteration as done:
            self._finish(done.value)
        except NotGreeted as no:
            self.ended = no.outcome
        except (OSError, BadReply) as problem:
            self.ended = away(plain(problem))

    def _connect(self) -> None:
        self.line.finish_connecting()
        self._is_connected = True
        if self._target.is_tls_first:
            self._encrypt()
        else:
            self._follow(next(self._greeting))

    def _encrypt(self) -> None:
        if not self._replies.is_between:
            # Someone on the way put in what would be read as the relay's encrypted words (CVE-2011-0411).
            raise BadReply("it went on unencrypted after STARTTLS")
        assert self._target.context is not None  # noqa: S101 - tells mypy that only a route with TLS comes here
        self.line.encrypt(self._target.context, self._target.host)
        self._is_shaking = True
        self._shake_hands()

    def _shake_hands(self) -> None:
        if self.line.shake_hands():
            self._is_shaking = False
            self._follow(next(self._greeting))

    def _hear(self) -> None:
        data = self.line.read()
        if data is None:
            return
        if not data:
            raise BadReply("it hung up before it could take mail")
        heard = list(self._replies.feed(data))
        if len(heard) > 1:
            raise BadReply("it answered before it was asked")
        for reply in heard:
            self._follow(self._greeting.send(reply))

    def _follow(self, wish: bytes | Wish) -> None:
        if isinstance(wish, Wish):
            self._encrypt()
        else:
            self._say(wish)

    def _say(self, words: bytes) -> None:
        self._out += words
        if self._out:
            self._out = self._out[self.line.write([self._out]) :]

    def _finish(self, extensions: Extensions) -> None:
        if self._replies.is_between:
            self.extensions = extensions
        else:
            self.ended = away("it answered before it was asked")
