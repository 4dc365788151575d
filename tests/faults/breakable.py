"""PostgreSQL and Valkey of a test's own, over a folder that is thrown away, which the test may kill and start again."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT, Signals

from service.development.children import Child
from service.development.postgres import PostgresServer
from service.development.valkey import ValkeyServer


class Breakable:
    """A running server. It comes back over the same data, at the same address."""

    def __init__(self, server: PostgresServer | ValkeyServer) -> None:
        self._server = server
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers, dead or alive."""
        return self._server.url

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._child = Child(self._server.prepare())
        self._child.wait_until_ready()

    def end(self, signal: Signals) -> None:
        """Send a signal that ends it, and wait until it is gone. Safe to repeat."""
        child, self._child = self._child, None
        if child is not None:
            child.process.send_signal(signal)
            child.process.wait()
            child.kill()  # what is left in its group

    def crash(self) -> None:
        """End it as a crash would: PostgreSQL recovers from its log at the next start, Valkey forgets everything."""
        self.end(SIGQUIT if isinstance(self._server, PostgresServer) else SIGKILL)

    def shut_down(self) -> None:
        """End it as an administrator would who is in a hurry: open connections are cut, what was committed stays."""
        self.end(SIGINT)


@contextmanager
def run_breakable(server: PostgresServer | ValkeyServer) -> Iterator[Breakable]:
    """Run a server for as long as the block lasts."""
    breakable = Breakable(server)
    breakable.start()
    try:
        yield breakable
    finally:
        breakable.crash()


@contextmanager
def run_broker(folder: Path) -> Iterator[Breakable]:
    """Run a Valkey that keeps nothing, as a cache that somebody took for a broker would."""
    with run_breakable(ValkeyServer(folder / "valkey", durable=False)) as broker:
        yield broker
