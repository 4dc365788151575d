"""A broker that can die, hang, fill up or refuse to be written to."""

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import redis

from service.development.children import Child
from service.development.valkey import ValkeyServer


class Broker:
    """A real Valkey on a port that it keeps. What it holds is gone when it dies."""

    def __init__(self, folder: Path) -> None:
        self._server = ValkeyServer(folder / "valkey", durable=False)
        self._child: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers, or would."""
        return self._server.url

    @property
    def password(self) -> str:
        """What no sentence may hold."""
        return urlsplit(self.url).password or ""

    def start(self) -> None:
        """Start it, with nothing in it."""
        self._child = Child(self._server.prepare())
        self._child.wait_until_ready()

    def kill(self) -> None:
        """``kill -9`` it, if it lives."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def hang(self) -> None:
        """Have it take connections, and answer nothing."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Have it answer again."""
        self._signal(signal.SIGCONT)

    def fill(self) -> None:
        """Have it refuse whatever needs memory."""
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory", "1mb")

    def follow_nobody(self) -> None:
        """Make it a read-only replica of a server that is not there."""
        with redis.Redis.from_url(self.url) as client:
            client.replicaof("127.0.0.1", "1")

    def recover(self) -> None:
        """Undo ``fill`` and ``follow_nobody``."""
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory", "0")
            client.replicaof("NO", "ONE")

    def _signal(self, number: signal.Signals) -> None:
        assert self._child is not None
        os.kill(self._child.pid, number)
