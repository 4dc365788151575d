"""A whole service to measure: servers that write durably, workers, beat, a sink for mail, and web where it is wanted.

Owns its start and stop in a folder that is thrown away. Never measures.
"""

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

from service.development.children import Child, Program
from service.development.embedded import Servers, run_servers
from service.development.environment import WEB_PORT, fill_environment, point_to_test_stripe, refuse_production
from service.development.ports import LOOPBACK, find_free_port, is_port_answering
from service.development.programs import make_beat, make_test_stripe, make_web, make_workers
from service.schema import migrate
from service.settings import ROOT, load_settings
from service.wiring import Services, wire

NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Stage:
    """What runs: the services of this process over it, its programs by name, and the sink's port.

    ``meters`` is the folder in which the senders note their processor time.
    """

    services: Services
    children: Mapping[str, Child]
    sink_port: int
    meters: Path


@contextmanager
def make_folder() -> Iterator[Path]:
    """Lend a folder that is thrown away afterwards.

    Raises:
        Conflict: in production.
    """
    refuse_production(os.environ)
    with tempfile.TemporaryDirectory(prefix="postrider-bench-") as name:
        Path(name).chmod(0o755)  # started by root, PostgreSQL runs as an account that must get in
        yield Path(name)


@contextmanager
def run_stage(
    folder: Path,
    *,
    bulk: int = 1,
    with_web: bool = True,
    sink_port: int | None = None,
    told: Mapping[str, str] = NOTHING,
) -> Iterator[Stage]:
    """Run everything over ``folder`` for as long as the block lasts, with ``bulk`` sending processes.

    ``with_web`` adds the web server and the test Stripe. Mail goes into a sink of our own, or to ``sink_port`` where
    one listens already; ``told`` adds to the programs' environment.

    Raises:
        Unavailable: a program does not start.
    """
    own_port = sink_port or find_free_port()
    web_port, stripe_port = find_free_port(), find_free_port()
    with ExitStack() as stack:
        servers = stack.enter_context(run_servers(folder))
        environment = make_environment(folder, servers, own_port, {"WEB_PORT": str(web_port), **told})
        environment = point_to_test_stripe(environment, stripe_port)
        programs = [*make_workers(environment, bulk=bulk), make_beat(environment, folder)]
        if sink_port is None:
            programs.insert(0, make_sink(own_port))
        if with_web:
            programs += [make_test_stripe(environment, stripe_port, None, folder), make_web(environment, web_port)]
        children = start_programs(programs, folder, stack)
        services = wire(load_settings(environment))
        stack.callback(services.close)
        yield Stage(services, children, own_port, folder / "meters")


def make_environment(folder: Path, servers: Servers, mail_port: int, told: Mapping[str, str]) -> dict[str, str]:
    """Migrate the database and return what a process over ``folder`` is told: ``told``, and what that leaves open."""
    web_port = int(told.get("WEB_PORT", WEB_PORT))
    environment = fill_environment(
        {**_keep("PATH", "HOME"), "METER_DIR": str(folder / "meters"), **told},
        folder,
        database_url=servers.database_url,
        redis_url=servers.redis_url,
        smtp_url=f"smtp://{LOOPBACK}:{mail_port}",
        web_port=web_port,
    )
    migrate(load_settings(environment).database_url)
    return environment


def make_sink(port: int, *words: str) -> Program:
    """The sink of ``sink.py``, told ``words`` besides its port."""
    argv = (sys.executable, "-m", "service.development.bench.sink", "--port", str(port), *words)
    return Program("sink", argv, {"PATH": os.defpath}, is_ready=lambda: is_port_answering(port), folder=ROOT)


def start_programs(programs: list[Program], folder: Path, stack: ExitStack) -> dict[str, Child]:
    """Start all, each with a log in ``folder``, and return when all are ready; ``stack`` stops them."""
    children = {}
    for program in programs:
        children[program.name] = Child(replace(program, log=folder / f"{program.name}.log"))
        stack.callback(children[program.name].stop)
    stack.callback(_ask_all_to_stop, children.values())
    for child in children.values():
        child.wait_until_ready()
    return children


def _ask_all_to_stop(children: Iterable[Child]) -> None:
    """Let them end at the same time; each is waited for afterwards."""
    for child in children:
        child.ask_to_stop()


def _keep(*names: str) -> dict[str, str]:
    return {name: os.environ[name] for name in names if name in os.environ}
