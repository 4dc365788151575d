"""A relay on bare sockets that a test scripts word by word: it drops, dawdles, resets, lies, and keeps what it takes.

Each connection has a thread of its own, so that one that dawdles holds nobody up.
"""

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Self

WAIT_SECONDS = 60

OFFERS = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 10240000")
DEFAULTS = {
    "greeting": b"220 relay.test ESMTP\r\n",
    "MAIL": b"250 2.1.0 Sender ok\r\n",
    "RCPT": b"250 2.1.5 Recipient ok\r\n",
    "DATA": b"354 Go ahead\r\n",
    "text": b"250 2.0.0 Queued\r\n",
    "RSET": b"250 2.0.0 Reset\r\n",
    "STARTTLS": b"220 2.0.0 Ready\r\n",
    "AUTH": b"235 2.7.0 Welcome\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


class Gone(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """The connection is over, by either side."""


@dataclass
class Mail:
    """One mail that was taken: its envelope and its text, dots as they were on the wire."""

    sender: str
    recipients: list[str]
    content: bytes


class Talk:
    """One connection, as a script sees it. ``argument`` is what followed the command being answered."""

    def __init__(self, relay: "FakeRelay", sock: socket.socket) -> None:
        self.relay = relay
        self.sock = sock
        self.argument = ""
        self.sender = ""
        self.recipients: list[str] = []
        self.commands: list[str] = []
        self._buffer = b""

    def say(self, words: bytes) -> None:
        """Send bytes as they are."""
        try:
            self.sock.sendall(words)
        except OSError as gone:
            raise Gone from gone

    def read_line(self) -> str:
        """Return the next command, without its end; any bytes are one, such as TLS where nobody awaits it."""
        return self._read_to(b"\r\n")[:-2].decode("utf-8", "replace")

    def read_text(self) -> bytes:
        """Return a mail's text up to its final dot."""
        return b"" if self._starts_with(b".\r\n") else self._read_to(b"\r\n.\r\n")[:-3]

    def wait_until_left(self) -> None:
        """Say nothing until the other side hangs up."""
        with contextlib.suppress(Gone):
            while True:
                self._receive()
        raise Gone

    @property
    def unheard(self) -> bytes:
        """What came and was not read as a command or a text."""
        return self._buffer

    def start_tls(self) -> None:
        """Go on encrypted."""
        assert self.relay.context is not None
        try:
            self.sock = self.relay.context.wrap_socket(self.sock, server_side=True)
        except OSError as gone:
            raise Gone from gone

    def _starts_with(self, words: bytes) -> bool:
        while len(self._buffer) < len(words):
            self._receive()
        if not self._buffer.startswith(words):
            return False
        self._buffer = self._buffer[len(words) :]
        return True

    def _read_to(self, end: bytes) -> bytes:
        while end not in self._buffer:
            self._receive()
        found, _, self._buffer = self._buffer.partition(end)
        return found + end

    def _receive(self) -> None:
        try:
            data = self.sock.recv(65536)
        except OSError as gone:
            raise Gone from gone
        if not data:
            raise Gone
        self._buffer += data


def ehlo(*offers: str) -> bytes:
    """Return the answer to EHLO that makes these offers."""
    *first, last = ("relay.test", *offers)
    return "".join([*(f"250-{offer}\r\n" for offer in first), f"250 {last}\r\n"]).encode()


Answer = bytes | Callable[[Talk], None]


@dataclass
class FakeRelay:
    """What it answers to each command: always the same, or a list, one each time, and then what is usual."""

    answers: dict[str, Answer | list[Answer]] = field(default_factory=dict)
    offers: tuple[str, ...] = OFFERS
    context: ssl.SSLContext | None = None
    is_tls_first: bool = False
    mails: list[Mail] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    port: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop_listening()
        self.hang_up_all()
        for thread in self._threads:
            thread.join(WAIT_SECONDS)
            assert not thread.is_alive(), "a connection of the relay did not end"

    @property
    def commands(self) -> list[str]:
        """Every command heard, whatever the connection."""
        return [command for talk in self.talks for command in talk.commands]

    def stop_listening(self) -> None:
        """Refuse any further connection."""
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def hang_up_all(self) -> None:
        """Break every connection, and return once the other side can know."""
        for talk in list(self.talks):
            with contextlib.suppress(OSError):
                talk.sock.shutdown(socket.SHUT_RDWR)

    def _start(self, target: Callable[[], None]) -> None:
        thread = threading.Thread(target=target, name="fake-relay", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            # Else each of several short replies waits 40 ms for the other side to confirm the one before it.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            talk = Talk(self, sock)
            self.talks.append(talk)
            self._start(lambda talk=talk: self._serve(talk))  # type: ignore[misc] # mypy infers no lambda with a default

    def _serve(self, talk: Talk) -> None:
        with contextlib.suppress(Gone):
            if self.is_tls_first:
                talk.start_tls()
            self._answer(talk, "greeting")
            while True:
                self._hear(talk)
        talk.sock.close()

    def _hear(self, talk: Talk) -> None:
        line = talk.read_line()
        talk.commands.append(line)
        verb, _, talk.argument = line.partition(" ")
        if verb in {"MAIL", "RCPT"}:
            address = talk.argument.partition("<")[2].partition(">")[0]
            talk.sender, talk.recipients = (
                (address, []) if verb == "MAIL" else (talk.sender, [*talk.recipients, address])
            )
        said = self._answer(talk, verb)
        if verb == "RCPT" and said.startswith((b"4", b"5")):
            talk.recipients.pop()
        elif verb == "DATA" and said.startswith(b"354"):
            content = talk.read_text()
            if self._answer(talk, "text").startswith(b"2") and talk.recipients:
                self.mails.append(Mail(talk.sender, talk.recipients, content))
        elif verb == "STARTTLS" and said.startswith(b"220"):
            talk.start_tls()
        elif verb == "QUIT":
            raise Gone

    def _answer(self, talk: Talk, what: str) -> bytes:
        answer = self._next_answer(what)
        if callable(answer):
            answer(talk)
            return b""
        talk.say(answer)
        return answer

    def _next_answer(self, what: str) -> Answer:
        with self._lock:
            scripted = self.answers.get(what)
            if isinstance(scripted, list):
                scripted = scripted.pop(0) if scripted else None
        if scripted is not None:
            return scripted
        if what == "EHLO":
            return ehlo(*self.offers)
        return DEFAULTS.get(what, b"500 5.5.1 What?\r\n")


def hang_up(_talk: Talk) -> None:
    """Close the connection, as a relay that is stopped does."""
    raise Gone


def reset(talk: Talk) -> None:
    """Break the connection, so that the other side is told of an error."""
    talk.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Gone


def half_close(talk: Talk) -> None:
    """Say that no more will be said, and go on listening."""
    with contextlib.suppress(OSError):
        talk.sock.shutdown(socket.SHUT_WR)
    talk.wait_until_left()


def be_silent(talk: Talk) -> None:
    """Never answer."""
    talk.wait_until_left()


def drip(words: bytes, seconds: float) -> Answer:
    """Say ``words`` a byte at a time, and no end of a line."""

    def answer(talk: Talk) -> None:
        for place in range(len(words)):
            talk.say(words[place : place + 1])
            time.sleep(seconds)
        talk.wait_until_left()

    return answer


def flood(line: bytes) -> Answer:
    """Say the same line again and again."""

    def answer(talk: Talk) -> None:
        while True:
            talk.say(line)

    return answer


@contextlib.contextmanager
def run_relay(**script: Answer | list[Answer]) -> Iterator[FakeRelay]:
    """Run a relay that answers as the script says: ``run_relay(RCPT=b"550 …")``."""
    with FakeRelay(dict(script)) as relay:
        yield relay
