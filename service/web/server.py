"""The web server's worker: a thread gets a request only when all of it is there. Owns waiting, and who must go when
too many wait; never what a request means.

gunicorn's own worker with threads reads a request inside its thread and waits without end (27.0, ``gthread.py``,
``ThreadWorker.handle``): as many strangers as there are threads, each with a byte now and then, would hold the service.
It also waits for a client to hang up inside its one loop (``util.close_graceful``: two seconds for each that does not).
Waitress 3.0 waits outside its threads too, but has no deadline for a request, so that as many slow clients as it takes
connections hold it, and it stores a body of any size that one page takes before another can refuse it.
"""

import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from selectors import EVENT_READ
from socket import SHUT_WR, SO_RCVTIMEO, SO_SNDTIMEO, SOL_SOCKET, socket
from typing import Any, Final

from gunicorn.http import get_parser  # type: ignore[import-untyped]  # it has no types
from gunicorn.workers.gthread import TConn, ThreadWorker  # type: ignore[import-untyped]  # the same

from service.web.arrival import Arrival

ARRIVES_WITHIN: Final = 60.0  # seconds for a whole request: 3 MB at half a megabit
LINGERS: Final = 2.0  # seconds in which a client may read its answer and hang up; gunicorn gives as many
STALLS: Final = 20  # seconds that a thread waits for a client which neither sends nor takes
MOST_WAITING: Final = 500  # connections; half of what gunicorn takes, and of the files that a process may open
ROOM: Final = 64_000_000  # bytes of all that wait
_PIECE: Final = 65_536
# RFC 9110 §15.5.9
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Line(TConn):  # type: ignore[misc]  # gunicorn has no types
    """A connection that is closed without anybody waiting for it."""

    is_cut = False  # its request is longer than what was waited for

    def __init__(self, *about: Any, linger: Callable[[socket], None]) -> None:
        super().__init__(*about)
        self._linger = linger

    def close(self, graceful: bool = False) -> None:
        """Hang up; after an answer let the client read it first."""
        if graceful:
            self._linger(self.sock)
        else:
            super().close()


@dataclass(eq=False)
class Waiting:
    """A connection whose request is on its way."""

    line: Line
    until: float
    arrival: Arrival = field(default_factory=Arrival)


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Waits for all connections at once in gunicorn's loop; all but ``handle_request`` runs in that one thread."""

    def __init__(self, *about: Any) -> None:
        super().__init__(*about)
        self._waiting: dict[socket, Waiting] = {}  # oldest first
        self._lingering: dict[socket, float] = {}  # the same, with the end of their time

    def accept(self, listener: socket) -> None:
        """Take a new connection."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        patience = struct.pack("ll", STALLS, 0)
        for option in (SO_RCVTIMEO, SO_SNDTIMEO):
            client.setsockopt(SOL_SOCKET, option, patience)
        self.nr_conns += 1
        self.enqueue_req(Line(self.cfg, client, address, listener.getsockname(), linger=self._linger))

    def enqueue_req(self, conn: Line) -> None:
        """Wait for a connection's next request. gunicorn calls it when one may begin."""
        if self.cfg.is_ssl:  # what comes is not HTTP yet; a proxy would have waited for it
            super().enqueue_req(conn)
            return
        waiting = Waiting(conn, time.monotonic() + ARRIVES_WITHIN)
        conn.sock.setblocking(False)
        self._waiting[conn.sock] = waiting
        self.poller.register(conn.sock, EVENT_READ, partial(self._receive, waiting))
        if conn.parser is not None:  # read together with the request before it
            self._take(waiting, conn.parser.unreader.take_buffered())
        if len(self._waiting) > MOST_WAITING:
            self._refuse(next(iter(self._waiting.values())))

    def handle_request(self, req: Any, conn: Line) -> Any:
        """Answer a request, in a thread; a connection with an unread rest carries no other."""
        if conn.is_cut:
            req.force_close()
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """End what waits for too long. gunicorn calls it about once a second."""
        super().murder_pending()
        now = time.monotonic()
        for waiting in [one for one in self._waiting.values() if self._is_over(one, now)]:
            self._refuse(waiting)
        for client in [client for client, until in self._lingering.items() if until < now]:
            self._hang_up(client)

    def _is_over(self, waiting: Waiting, now: float) -> bool:
        """Whether its time is up; when the server stops, that of a line on which nothing was said is."""
        return waiting.until < now or not (self.alive or waiting.arrival.received)

    def _receive(self, waiting: Waiting, client: socket) -> None:
        try:
            piece = client.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if piece:
            self._take(waiting, piece)
        else:
            self._drop(waiting)

    def _take(self, waiting: Waiting, piece: bytes) -> None:
        waiting.arrival.add(piece)
        if waiting.arrival.is_whole:
            self._hand_over(waiting)
        elif sum(len(one.arrival.received) for one in self._waiting.values()) > ROOM:
            self._refuse(max(self._waiting.values(), key=lambda one: len(one.arrival.received)))

    def _hand_over(self, waiting: Waiting) -> None:
        """Give a request to a thread, which finds its bytes as if it had just read them."""
        line = waiting.line
        self._forget(waiting)
        if line.parser is None:
            line.parser = get_parser(self.cfg, line.sock, line.client)
        line.parser.unreader.unread(bytes(waiting.arrival.received))
        line.is_cut, line.data_ready = waiting.arrival.is_cut, True
        super().enqueue_req(line)

    def _refuse(self, waiting: Waiting) -> None:
        """Tell a client that was too slow, if it has said anything, and hang up."""
        if not waiting.arrival.received:
            self._drop(waiting)
            return
        self._forget(waiting)
        self.nr_conns -= 1
        try:
            waiting.line.sock.send(_TOO_SLOW)
        except OSError:
            waiting.line.close()
        else:
            self._linger(waiting.line.sock)

    def _drop(self, waiting: Waiting) -> None:
        self._forget(waiting)
        self.nr_conns -= 1
        waiting.line.close()

    def _forget(self, waiting: Waiting) -> None:
        del self._waiting[waiting.line.sock]
        self.poller.unregister(waiting.line.sock)

    def _linger(self, client: socket) -> None:
        """Hang up on our side and read past what still comes: else TCP takes the answer back (RFC 9112 §9.6)."""
        try:
            client.shutdown(SHUT_WR)
            client.setblocking(False)
        except OSError:
            client.close()
            return
        self._lingering[client] = time.monotonic() + LINGERS
        self.poller.register(client, EVENT_READ, self._read_past)
        if len(self._lingering) > MOST_WAITING:
            self._hang_up(next(iter(self._lingering)))

    def _read_past(self, client: socket) -> None:
        try:
            piece = client.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError:
            piece = b""
        if not piece:
            self._hang_up(client)

    def _hang_up(self, client: socket) -> None:
        del self._lingering[client]
        self.poller.unregister(client)
        client.close()
