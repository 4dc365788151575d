"""Two workers on two networks of their own, one PostgreSQL, one broker, one relay: 20,000 people, each once.

Run by an operator, as root, where ``ip netns`` works: ``pytest -m namespaces``.
"""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from service.db import transaction
from service.deliveries.states import DeliveryState
from service.development.children import Child, Program
from service.development.programs import make_workers
from service.settings import Settings
from service.wiring import wire
from tests.faults.reckoning import assert_nothing_lost
from tests.faults.relay import LoggingRelay, run_relay
from tests.faults.stage import Stage, open_stage
from tests.faults.wires import Wire

pytestmark = pytest.mark.namespaces

READERS = 20_000


class Machine:
    """A network namespace that reaches three ports of ours, and nothing else; and the folder of its own disk."""

    def __init__(self, number: int, folder: Path, stack: ExitStack) -> None:
        """Make it; it goes with ``stack``."""
        self.name = f"postrider{number}-{os.getpid()}"
        self.route = f"from-{number}"  # the name under which its rows say who sent them
        self.folder = folder / self.name
        self.folder.mkdir()
        self._host = f"10.91.{number}.1"
        self._stack = stack
        near = f"pr{number}-{os.getpid()}"
        _ip("netns", "add", self.name)
        stack.callback(_ip, "netns", "delete", self.name)
        _ip("link", "add", near, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        stack.callback(_ip, "link", "delete", near)
        _ip("addr", "add", f"{self._host}/30", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", self.name, "addr", "add", f"10.91.{number}.2/30", "dev", "eth0")
        _ip("-n", self.name, "link", "set", "eth0", "up")

    def reach(self, url: str) -> str:
        """Return the address under which this machine reaches a server of ours."""
        parts = urlsplit(url)
        assert parts.port is not None
        near = Wire(("127.0.0.1", parts.port), self._host)
        self._stack.callback(near.close)
        return url.replace(f"127.0.0.1:{parts.port}", f"{self._host}:{near.port}")

    def run(self, program: Program) -> Child:
        """Run a program here, from a worker's being ready until the test ends."""
        argv = ("ip", "netns", "exec", self.name, *program.argv)
        path = {**program.environment, "PATH": os.environ["PATH"]}
        child = Child(replace(program, argv=argv, environment=path, log=self.folder / f"{program.name}.log"))
        self._stack.callback(child.stop)
        child.wait_until_ready()
        return child


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[list[Machine]]:
    """Two machines that do not know each other."""
    with ExitStack() as stack:
        yield [Machine(number, tmp_path, stack) for number in (1, 2)]


@pytest.fixture
def smtp_sink(tmp_path: Path) -> Iterator[LoggingRelay]:
    """A relay that writes down each mail, under the name that ``settings`` asks for."""
    with run_relay(tmp_path / "relay") as running:
        yield running


@pytest.fixture
def stage(settings: Settings, smtp_sink: LoggingRelay) -> Iterator[Stage]:
    """An issue to be released; its nudges really leave."""
    services = wire(settings)
    with open_stage(settings, services, smtp_sink) as opened:
        yield opened
    services.close()


def test_two_workers_on_two_networks_send_twenty_thousand_copies_to_twenty_thousand_people(
    machines: list[Machine], stage: Stage, fresh_redis_url: str
) -> None:
    for machine in machines:
        environment = {
            "POSTRIDER_ENV": "test",
            "DATABASE_URL": machine.reach(stage.settings.database_url),
            "REDIS_URL": machine.reach(fresh_redis_url),
            "SECRET_KEY": stage.settings.secret_keys[0],
            "PUBLIC_URL": stage.settings.public_url,
            "SMTP_URL": f"{machine.route}={machine.reach(stage.relay.url)}",
            "JOURNAL_DIR": str(machine.folder / "journal"),
        }
        for worker in make_workers(environment):
            machine.run(worker)
    stage.release(READERS)
    stage.wait_until_sent(patience=300)
    account = stage.account()
    assert_nothing_lost(account)
    assert account.states == {DeliveryState.SENT: READERS}
    assert len(stage.relay.accepted) == READERS
    with transaction(stage.services.factory) as session:
        senders = set(session.scalars(text("select distinct route from deliveries")))
    assert senders == {machine.route for machine in machines}


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
