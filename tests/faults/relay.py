"""A relay that writes down each mail before it says 250, and can be told to dawdle, to hold its answers or to hang up.

Owns the log that every fault test is settled by: what stands in it was accepted, whoever died meanwhile. It runs in the
test's own process, which nobody kills, and reads commands pipelined, for tens of thousands of mails.
"""

import asyncio
import os
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.waiting import PATIENCE, wait_until

LOG = "accepted.log"
END_OF_TEXT = b"\r\n.\r\n"
_EHLO = b"250-relay.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
_REPLIES = {
    b"EHLO": _EHLO,
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"NOOP": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
}
_MESSAGE_ID = re.compile(rb"^Message-ID: <([^>]+)>", re.MULTILINE | re.IGNORECASE)
_RECIPIENT = re.compile(rb"RCPT TO:<([^>]*)>", re.IGNORECASE)


@dataclass(frozen=True)
class Accepted:
    """One mail that the relay took: for whom, under which Message-ID."""

    recipient: str
    message_id: str


class LoggingRelay:
    """The server, and what it is told to do. It answers in a thread of its own; any thread may tell it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.port = 0
        self.taken = 0
        self.wait = 0.0
        self.refusal = ""
        self.loop = asyncio.new_event_loop()
        self._sessions: set[_Session] = set()
        self.is_holding_texts = False
        self._hold_from: int | None = None
        self._log = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    @property
    def url(self) -> str:
        """The address, as SMTP_URL takes it."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def accepted(self) -> list[Accepted]:
        """Every mail that was taken, in the order of arrival, whether or not its 250 was ever read."""
        lines = (self.folder / LOG).read_text("utf-8").splitlines()
        return [Accepted(*line.split("\t")) for line in lines]

    @property
    def times_taken(self) -> Counter[str]:
        """Recipient → how many mails were taken for them."""
        return Counter(mail.recipient for mail in self.accepted)

    @property
    def held(self) -> int:
        """How many connections wait for an answer."""
        return sum(session.owed != b"" for session in tuple(self._sessions))

    def forget(self) -> None:
        """Begin the log again."""
        os.truncate(self.folder / LOG, 0)

    def dawdle(self, seconds: float) -> None:
        """Wait so long before each answer to a mail's text; 0 for none."""
        self.wait = seconds

    def refuse(self, reply: str) -> None:
        """Answer each mail's text with ``reply`` ("451 4.3.0 Not now") and keep none; '' takes them again."""
        self.refusal = reply

    def hold_answers(self, after: int = 0) -> None:
        """Take ``after`` more mails as usual; take and write down those that follow, but answer nothing."""
        self._hold_from = self.taken + after

    def hold_go_ahead(self) -> None:
        """Answer no DATA from now on: mails are announced, and no text can leave."""
        self.is_holding_texts = True

    def wait_until_holding(self, connections: int = 1) -> None:
        """Return once so many connections wait for an answer."""
        wait_until(lambda: self.held >= connections, f"{connections} connections to wait for the relay's answer")

    def give_answers(self) -> None:
        """Answer what was held; what comes now is answered at once."""
        self._hold_from, self.is_holding_texts = None, False
        self._do_to_all(_Session.go_on)

    def hang_up(self) -> None:
        """Break every connection, as a relay that restarts would."""
        self._do_to_all(_Session.hang_up)

    def take(self, recipient: bytes, text: bytes) -> tuple[bytes, bool]:
        """Write a mail down; return the answer, and whether the sender is to be kept waiting for it."""
        if self.refusal:
            return f"{self.refusal}\r\n".encode(), False
        found = _MESSAGE_ID.search(text)
        # One write: the line is whole in the file, or not there, however this test ends.
        os.write(self._log, b"%s\t%s\n" % (recipient, found[1] if found else b""))
        number, self.taken = self.taken, self.taken + 1
        is_held = self._hold_from is not None and number >= self._hold_from
        return b"250 2.0.0 Ok: taken as %d\r\n" % number, is_held

    async def serve(self, up: threading.Event, over: asyncio.Event) -> None:
        """Answer until ``over``; break what is still connected then."""
        server = await self.loop.create_server(lambda: _Session(self, self._sessions), "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        up.set()
        await over.wait()
        server.close()
        for session in tuple(self._sessions):
            session.hang_up()
        arriving = asyncio.all_tasks() - {asyncio.current_task()}  # whom the loop is about to take in
        for task in arriving:
            task.cancel()
        await asyncio.gather(*arriving, return_exceptions=True)
        await asyncio.sleep(0)  # the transports say goodbye in the loop's next round
        os.close(self._log)

    def _do_to_all(self, action: "Callable[[_Session], None]") -> None:
        def act() -> None:
            for session in tuple(self._sessions):
                action(session)

        self.loop.call_soon_threadsafe(act)


class _Session(asyncio.Protocol):
    """One connection: commands, then a text up to its dot, then commands again, as many as arrive at once.

    ``owed`` is the answer that is held back; until it is given nothing more is read.
    """

    def __init__(self, relay: LoggingRelay, sessions: "set[_Session]") -> None:
        self.owed = b""
        self._relay, self._sessions = relay, sessions
        self._buffer = bytearray()
        self._recipient = b""
        self._is_text = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sessions.add(self)
        transport.write(b"220 relay.test ready\r\n")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Forget the connection."""
        self._sessions.discard(self)

    def data_received(self, data: bytes) -> None:
        """Answer all that is whole by now."""
        self._buffer += data
        self._work()

    def hang_up(self) -> None:
        """Break the connection without a word."""
        self._transport.abort()

    def go_on(self) -> None:
        """Give the answer that is owed, and read on."""
        if self.owed and self in self._sessions:
            answer, self.owed = self.owed, b""
            self._transport.write(answer)
            self._work()

    def _work(self) -> None:
        while not self.owed and (self._take_text() if self._is_text else self._take_command()):
            pass

    def _take_command(self) -> bool:
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        verb = bytes(line[:4]).upper()
        answer = _REPLIES.get(verb, b"502 5.5.1 What?\r\n")
        if verb == b"RCPT":
            match = _RECIPIENT.match(line)
            self._recipient = match[1] if match else b""
        self._is_text = verb == b"DATA"
        if self._is_text and self._relay.is_holding_texts:
            self.owed = answer
        else:
            self._transport.write(answer)
        if verb == b"QUIT":
            self._transport.close()
        return True

    def _take_text(self) -> bool:
        text, found, rest = self._buffer.partition(END_OF_TEXT)
        if not found:
            return False
        self._buffer, self._is_text = rest, False
        answer, is_held = self._relay.take(self._recipient, bytes(text))
        if is_held or self._relay.wait:
            self.owed = answer
            if not is_held:
                self._relay.loop.call_later(self._relay.wait, self.go_on)
        else:
            self._transport.write(answer)
        return True


@contextmanager
def run_relay(folder: Path) -> Iterator[LoggingRelay]:
    """Run a relay on a free port for as long as the block lasts; its log stays in ``folder``."""
    relay = LoggingRelay(folder)
    up, over = threading.Event(), asyncio.Event()
    thread = threading.Thread(target=lambda: relay.loop.run_until_complete(relay.serve(up, over)), name="relay")
    thread.start()
    try:
        assert up.wait(PATIENCE)
        yield relay
    finally:
        relay.loop.call_soon_threadsafe(over.set)
        thread.join(PATIENCE)
        assert not thread.is_alive(), "the relay did not stop"
        relay.loop.close()
