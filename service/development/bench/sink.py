"""A fast SMTP server that accepts every mail and keeps none: `python -m service.development.bench.sink --port N`.

Owns sockets, processes and the count. With a log each mail's Message-ID and recipient are in a file before its 250
leaves, so that what was accepted is known whatever dies. Never on any address but the loopback one.
"""

import argparse
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections import deque
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

from service.development.bench.dialogue import GREETING, ROOM, Accept, Dialogue
from service.development.ports import LOOPBACK

# A mail of 60 kB in one read, and small enough to stay in the processor's own cache.
BUFFER = ROOM + 256 * 1024
_SLOT = 8  # bytes of one process's count in the shared memory


class Counts:
    """How many mails each process of the sink has accepted, in memory that all of them share."""

    def __init__(self, processes: int) -> None:
        """Make room for so many processes; must be made before they are forked."""
        self._memory = memoryview(mmap.mmap(-1, processes * _SLOT)).cast("Q")

    def add(self, process: int, mails: int) -> None:
        """Add to one process's own count."""
        self._memory[process] += mails

    def sum(self) -> int:
        """Return the mails of all processes."""
        return sum(self._memory)


class Connection:
    """One client: its socket, its dialogue, and the replies that wait for their time (``due``)."""

    __slots__ = ("dialogue", "due", "replies", "socket")

    def __init__(self, sock: socket.socket, dialogue: Dialogue) -> None:
        """Take a connected socket, which is not greeted yet."""
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket, self.dialogue = sock, dialogue
        self.replies, self.due = GREETING, 0.0

    def flush(self) -> None:
        """Write what is to be said.

        Raises:
            OSError: the client is gone, or has left so much unread that the kernel takes no more.
        """
        replies, self.replies, self.due = self.replies, b"", 0.0
        self.socket.send(replies)


class Loop:
    """One process of the sink: an epoll loop over the connections that it was handed."""

    def __init__(self, counts: Counts, process: int, accept: Accept | None, delay: float) -> None:
        """Take where to count, who is told of each mail, and how many seconds the answer to each mail waits."""
        self._counts, self._process, self._accept, self._delay = counts, process, accept, delay
        self._epoll = select.epoll()
        self._connections: dict[int, Connection] = {}
        self._late: deque[Connection] = deque()
        self._buffer = bytearray(BUFFER)
        self._room = memoryview(self._buffer)[ROOM:]

    def run(self, door: socket.socket) -> None:
        """Serve the connections that come through ``door``, until its other end is closed."""
        entrance = door.fileno()
        self._epoll.register(entrance, select.EPOLLIN)
        while True:
            for number, _ in self._epoll.poll(self._seconds_to_wait()):
                if number != entrance:
                    self._guard(number, self._serve)
                elif not self._welcome(door):
                    return
            self._answer_late()

    def _welcome(self, door: socket.socket) -> bool:
        message, numbers, _, _ = socket.recv_fds(door, 1, 1)
        for number in numbers:
            dialogue = Dialogue(self._accept, self._counts.sum)
            self._connections[number] = Connection(socket.socket(fileno=number), dialogue)
            self._epoll.register(number, select.EPOLLIN)
            self._guard(number, Connection.flush)
        return bool(message)

    def _guard(self, number: int, act: Callable[[Connection], None]) -> None:
        """Do something with a connection, and forget it if it is over and all is said, or gone."""
        connection = self._connections[number]
        try:
            act(connection)
            is_over = connection.dialogue.over and not connection.due
        except OSError:
            is_over = True
        if is_over:
            # Closing alone would do only once the process that handed it over has closed its own end too (epoll(7)).
            self._epoll.unregister(number)
            self._connections.pop(number).socket.close()

    def _serve(self, connection: Connection) -> None:
        size = connection.socket.recv_into(self._room)
        if not size:
            raise ConnectionResetError
        dialogue = connection.dialogue
        connection.replies += dialogue.read(self._buffer, ROOM + size)
        if dialogue.accepted:
            self._counts.add(self._process, dialogue.accepted)
            dialogue.accepted = 0
            if self._delay and not connection.due:
                connection.due = time.monotonic() + self._delay
                self._late.append(connection)
        if connection.replies and not connection.due:
            connection.flush()

    def _seconds_to_wait(self) -> float | None:
        return max(0.0, self._late[0].due - time.monotonic()) if self._late else None

    def _answer_late(self) -> None:
        while self._late and self._late[0].due <= time.monotonic():
            connection = self._late.popleft()
            number = connection.socket.fileno()
            if self._connections.get(number) is connection:  # else the client left meanwhile
                self._guard(number, Connection.flush)


def serve(port: int, processes: int, log: Path | None, delay: float) -> None:
    """Listen on the loopback address and hand the connections out in turn, until SIGTERM; then print the count."""
    counts = Counts(processes)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    # A client that left before it was served must not end us: its error is raised where it is written to.
    with socket.create_server((LOOPBACK, port), backlog=512) as listener:
        doors = [_fork(Loop(counts, process, _open_log(log), delay), listener) for process in range(processes)]
        try:
            for door in cycle(doors):
                connection, _ = listener.accept()
                with connection:
                    socket.send_fds(door, [b"."], [connection.fileno()])
        finally:
            sys.stdout.write(f"{counts.sum()} mails\n")


def _fork(loop: Loop, listener: socket.socket) -> socket.socket:
    """Run the loop in a process of its own, which ends when we do; return where to hand it connections."""
    ours, its = socket.socketpair()
    if os.fork():
        its.close()
        return ours
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ours.close()
    listener.close()
    loop.run(its)
    os._exit(0)


def _open_log(log: Path | None) -> Accept | None:
    if log is None:
        return None
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(recipient: str, message_id: str) -> None:
        # One write a mail, appended by the kernel: whole, in order, and there even if we are killed at once.
        os.write(file, f"{message_id}\t{recipient}\n".encode())

    return note


def main() -> None:
    """Read the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m service.development.bench.sink", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--log", type=Path, help="append Message-ID and recipient of each mail here before its 250")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before the answer to each mail")
    told = parser.parse_args()
    serve(told.port, told.processes, told.log, told.delay)


if __name__ == "__main__":
    main()
