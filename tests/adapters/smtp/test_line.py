"""How many bytes of a mail the kernel took: the figure that decides whether it may have left."""

import contextlib
import select
import socket
import ssl
import threading
from collections.abc import Iterator

import pytest

from service.adapters.smtp.line import Line
from tests.adapters.smtp.conftest import Trust

LARGE = bytes(range(256)) * 40_000  # more than the kernel takes at once
WAIT_SECONDS = 60


class Listener:
    """The other end: reads nothing until it is told to, then everything."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self._listening = socket.socket()
        self._listening.bind(("127.0.0.1", 0))
        self._listening.listen()
        self._may_read = threading.Event()
        self.is_up = threading.Event()
        self.received = b""
        self.place = self._listening.getsockname()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def read_all(self) -> bytes:
        """Return all that comes until the other side hangs up."""
        self._may_read.set()
        self._thread.join(WAIT_SECONDS)
        assert not self._thread.is_alive()
        return self.received

    def _run(self) -> None:
        sock, _ = self._listening.accept()
        self._listening.close()
        if self._context:
            sock = self._context.wrap_socket(sock, server_side=True)
        self.is_up.set()
        with sock, contextlib.suppress(OSError):
            self._may_read.wait(WAIT_SECONDS)
            while data := sock.recv(65536):
                self.received += data


@contextlib.contextmanager
def _connected(trust: Trust | None) -> Iterator[tuple[Line, Listener]]:
    listener = Listener(trust.server if trust else None)
    line = Line((socket.AF_INET, listener.place))
    select.select([], [line.fileno()], [], WAIT_SECONDS)
    line.finish_connecting()
    if trust:
        line.encrypt(trust.client, "127.0.0.1")
        while not line.shake_hands():
            select.select([line.fileno()], [], [], WAIT_SECONDS)
    # The tickets of TLS come last: whoever hangs up before them leaves something unread, see _leave.
    assert listener.is_up.wait(WAIT_SECONDS)
    yield line, listener
    _leave(line)
    listener.read_all()


def _leave(line: Line) -> None:
    """Hang up with nothing unread, such as the tickets of TLS: else the kernel takes back what is on its way."""
    with contextlib.suppress(OSError):
        line.read()
    line.close()


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_the_bytes_that_were_taken_are_exactly_those_that_can_ever_arrive(trust: Trust, is_encrypted: bool) -> None:
    with _connected(trust if is_encrypted else None) as (line, listener):
        taken = line.write([LARGE[:100], LARGE[100:]])
        assert 0 < taken < len(LARGE)
        assert line.wants_to_write
        _leave(line)
        assert listener.read_all() == LARGE[:taken]


@pytest.mark.parametrize("is_encrypted", [False, True])
def test_what_is_left_over_goes_out_once_there_is_room(trust: Trust, is_encrypted: bool) -> None:
    with _connected(trust if is_encrypted else None) as (line, listener):
        rest = memoryview(LARGE)
        rest = rest[line.write([rest]) :]
        listener._may_read.set()  # noqa: SLF001 - its own end
        while rest:
            select.select([], [line.fileno()], [], WAIT_SECONDS)
            rest = rest[line.write([rest]) :]
        assert not line.wants_to_write
    assert listener.read_all() == LARGE


def test_nothing_there_is_told_from_nothing_more() -> None:
    with _connected(None) as (line, _):
        assert line.read() is None
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        line = Line((socket.AF_INET, listening.getsockname()))
        other, _ = listening.accept()
        other.close()
        select.select([line.fileno()], [], [], WAIT_SECONDS)
        assert line.read() == b""
        line.close()


def test_a_line_knows_whether_it_leaves_the_machine() -> None:
    with _connected(None) as (line, _):
        assert line.is_loopback
