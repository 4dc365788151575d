"""How a single ``postrider`` command comes to servers: the environment's, a running service's, or its own for this run.

Owns the choice; ``embedded`` starts what is started. Production gets nothing: there the environment must name all.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from service.development.embedded import run_servers
from service.development.environment import VAR, fill_environment, is_production
from service.development.running import claim_var, find_running
from service.errors import Conflict
from service.schema import migrate

PATIENCE = timedelta(seconds=30)
_POLL = 0.1
# The discard port (RFC 863): a command only queues mail, and the next `postrider run` sends it.
_NOBODY = "smtp://127.0.0.1:9"


@contextmanager
def start_servers_for_command(var: Path = VAR) -> Iterator[None]:
    """Let the block find its servers in ``os.environ``, as ``service.settings`` reads it; the old values come back.

    Where DATABASE_URL and REDIS_URL are set, or in production, nothing changes. Else the addresses of the service that
    runs over ``var/`` are filled in. Else both servers are started over ``var/`` for this block and migrated; another
    command that does the same is waited for. Must be entered from the main thread.

    Raises:
        Conflict: another command kept the servers' data for too long, or it cannot be served.
        Unavailable: a server is not installed or does not start.
    """
    given = dict(os.environ)
    if is_production(given) or (given.get("DATABASE_URL") and given.get("REDIS_URL")):
        yield
        return
    with ExitStack() as stack:
        filled = _find_or_start(given, var, stack)
        stack.enter_context(_told(filled))
        yield


def _find_or_start(given: Mapping[str, str], var: Path, stack: ExitStack) -> dict[str, str]:
    deadline = time.monotonic() + PATIENCE.total_seconds()
    while True:
        try:
            stack.enter_context(claim_var(var))
            break
        except Conflict:
            running = find_running(var)
            if running:
                return {**running.environment, **{name: value for name, value in given.items() if value}}
            if time.monotonic() > deadline:
                raise
            time.sleep(_POLL)
    servers = stack.enter_context(run_servers(var))
    filled = fill_environment(
        given, var, database_url=servers.database_url, redis_url=servers.redis_url, smtp_url=_NOBODY
    )
    migrate(filled["DATABASE_URL"])
    return filled


@contextmanager
def _told(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
