"""PostgreSQL and Valkey together, for a test or a single command. Owns their order; the servers own themselves."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from service.development.children import Child, Program
from service.development.postgres import PostgresServer
from service.development.valkey import ValkeyServer


@dataclass(frozen=True)
class Servers:
    """Where the two servers answer."""

    database_url: str
    redis_url: str


@contextmanager
def run_servers(folder: Path, *, durable: bool = True) -> Iterator[Servers]:
    """Run both servers over ``folder`` for as long as the block lasts; must be entered from the main thread.

    Args:
        folder: takes ``postgres/``, ``valkey/`` and their logs.
        durable: whether data must outlive a power cut; tests need not.

    Raises:
        Unavailable: a server is not installed or does not start.
        Conflict: the data is in use, is another version's, or is not ours.
    """
    postgres = PostgresServer(folder / "postgres", durable=durable)
    valkey = ValkeyServer(folder / "valkey", durable=durable)
    with ExitStack() as stack:
        children = [_start(program, stack) for program in (postgres.prepare(), valkey.prepare())]
        for child in children:
            child.wait_until_ready()
        yield Servers(postgres.url, valkey.url)


def _start(program: Program, stack: ExitStack) -> Child:
    child = Child(program)
    stack.callback(child.stop)
    return child
