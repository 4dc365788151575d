"""Wires between a process and a server: one that only passes on, and one that loses what PostgreSQL says to a COMMIT.

The commit happened, and nobody was told: the one database fault that no error inside the server can play.
"""

import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"  # as psycopg sends it: a simple query (PostgreSQL manual, 55.7)
_PIECE = 1 << 16


class Wire:
    """Passes bytes on between a port of its own and a server's, for any number of connections at once."""

    def __init__(self, target: tuple[str, int], host: str = "127.0.0.1") -> None:
        """Listen on ``host`` for ``target``."""
        self._target = target
        self._door = socket.create_server((host, 0))
        self._ends: set[socket.socket] = {self._door}
        threading.Thread(target=self._listen, name="wire", daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def close(self) -> None:
        """Break every connection."""
        for end in tuple(self._ends):
            self._break(end)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                self._ends.add(client)
                server = socket.create_connection(self._target)
                self._ends.add(server)
                threading.Thread(target=self._carry_answers, args=(server, client), daemon=True).start()
                threading.Thread(target=self._carry_questions, args=(client, server), daemon=True).start()

    def _carry_questions(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while piece := client.recv(_PIECE):
                self._pass_on(piece, client, server)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)  # it works off what it was asked, and ends

    def _pass_on(self, piece: bytes, client: socket.socket, server: socket.socket) -> None:  # noqa: ARG002 - for a wire that breaks it
        server.sendall(piece)

    def _carry_answers(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while piece := server.recv(_PIECE):
                with suppress(OSError):
                    client.sendall(piece)
        self._break(client)
        self._break(server)

    def _break(self, end: socket.socket) -> None:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
        self._ends.discard(end)


class SeveringWire(Wire):
    """Loses the answers to a share of all commits, with their connection. ``severed`` counts them."""

    def __init__(self, target: tuple[str, int], share: float, chance: random.Random) -> None:
        """Lose the answers to this share, drawn from ``chance``."""
        self._share, self._chance = share, chance
        self.severed = 0
        super().__init__(target)

    def _pass_on(self, piece: bytes, client: socket.socket, server: socket.socket) -> None:
        if piece.endswith(COMMIT) and self._chance.random() < self._share:
            self.severed += 1
            # The client's end goes first, so that no answer slips through.
            self._break(client)
        super()._pass_on(piece, client, server)


@contextmanager
def sever_commits(database_url: str, share: float, chance: random.Random) -> Iterator[tuple[SeveringWire, str]]:
    """Lend such a wire to a database, and the database's address through it."""
    address = make_url(database_url)
    wire = SeveringWire((address.host or "127.0.0.1", address.port or 5432), share, chance)
    try:
        yield wire, address.set(host="127.0.0.1", port=wire.port).render_as_string(hide_password=False)
    finally:
        wire.close()
