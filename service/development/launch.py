"""The whole service on one machine: what `postrider run` starts, in which order, and what it says when all is up.

Owns the order. How a program is started is in ``programs``, how it lives and ends in ``supervisor``.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.development.children import Program
from service.development.console import Console
from service.development.environment import VAR, fill_environment, point_to_test_stripe, refuse_production
from service.development.ports import LOOPBACK, find_free_port, is_port_taken
from service.development.postgres import PostgresServer, check_database
from service.development.programs import (
    make_beat,
    make_catcher,
    make_preparation,
    make_test_stripe,
    make_web,
    make_workers,
)
from service.development.running import announce, claim_var
from service.development.supervisor import StopAsked, Supervisor
from service.development.valkey import ValkeyServer, check_broker
from service.errors import Conflict

_TOLD = (
    *("POSTRIDER_ENV", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "INBOX_DIR", "PUBLIC_URL", "SECRET_KEY"),
    *("STRIPE_KEY", "STRIPE_WEBHOOK_SECRETS", "STRIPE_URL", "TRUSTED_PROXIES"),
    *("DKIM_KEYS", "RETURN_DOMAIN", "JOURNAL_DIR", "HOLD_SECONDS"),
)


def run_service(given: Mapping[str, str], web_port: int, console: Console, var: Path = VAR) -> None:
    """Run everything until Ctrl-C, SIGTERM or SIGHUP, then stop everything and return.

    Args:
        given: the environment; DATABASE_URL, REDIS_URL and SMTP_URL, where set, are used instead of own servers.
        web_port: where the web server listens, on the loopback address.
        console: takes all output.
        var: the folder for data, mails and logs.

    Raises:
        Conflict: nothing was started: production, a port or folder that is in use, data of another PostgreSQL.
        Unavailable: a program did not start or ended by itself, and all others were stopped.
    """
    since = time.monotonic()
    refuse_production(given)
    with claim_var(var):
        if is_port_taken(web_port):
            raise Conflict(
                f"port {web_port} (web) is already in use; stop the other program, or set WEB_PORT to a free port."
            )
        try:
            with Supervisor(console) as supervisor:
                launch = _Launch(supervisor, {**given, "WEB_PORT": str(web_port)}, web_port, var)
                environment = launch.start_all()
                address = f"http://localhost:{web_port}"
                announce(var, address, {name: environment.get(name, "") for name in _TOLD}, supervisor.pids)
                console.show(_welcome(address, time.monotonic() - since, launch, environment))
                supervisor.watch()
        except StopAsked:
            console.show("Stopped.")


@dataclass(frozen=True)
class _Launch:
    supervisor: Supervisor
    given: Mapping[str, str]
    web_port: int
    var: Path

    @property
    def sign_in_file(self) -> Path:
        """Where the sample's staff sign-in is kept: one file for our own database, one for each that was named."""
        named = self.given.get("DATABASE_URL")
        mark = f"-{hashlib.sha256(named.encode()).hexdigest()[:8]}" if named else ""
        return self.var / f"staff-sign-in{mark}.json"

    def start_all(self) -> dict[str, str]:
        """Start stage after stage; return what the programs were told."""
        programs, database_url, redis_url = self._choose_servers()
        mail_port = find_free_port()
        environment = fill_environment(
            self.given,
            self.var,
            database_url=database_url,
            redis_url=redis_url,
            smtp_url=f"smtp://{LOOPBACK}:{mail_port}",
            web_port=self.web_port,
        )
        if not self.given.get("SMTP_URL"):
            programs.append(make_catcher(environment, mail_port))
        if not self.given.get("STRIPE_KEY"):
            stripe_port = find_free_port()
            environment = point_to_test_stripe(environment, stripe_port)
            programs.append(make_test_stripe(environment, stripe_port, self.web_port, self.var))
        self.supervisor.start(*programs)
        self.supervisor.run_to_end(make_preparation(environment, self.sign_in_file))
        self.supervisor.start(
            *make_workers(environment), make_beat(environment, self.var), make_web(environment, self.web_port)
        )
        return environment

    def _choose_servers(self) -> tuple[list[Program], str, str]:
        """Check the servers that were named, prepare those that were not; return what to start and both addresses."""
        programs = []
        database_url, redis_url = self.given.get("DATABASE_URL", ""), self.given.get("REDIS_URL", "")
        if database_url:
            check_database(database_url)
        if redis_url:
            check_broker(redis_url)
        if not database_url:
            postgres = PostgresServer(self.var / "postgres")
            programs.append(postgres.prepare())
            database_url = postgres.url
        if not redis_url:
            valkey = ValkeyServer(self.var / "valkey")
            programs.append(valkey.prepare())
            redis_url = valkey.url
        return programs, database_url, redis_url


def _welcome(address: str, seconds: float, launch: _Launch, environment: Mapping[str, str]) -> str:
    lines = ["", f"  Postrider is ready, after {seconds:.1f} s.", "", f"    Readers   {address}/"]
    lines.append(f"    Staff     {address}/desk/")
    if launch.sign_in_file.is_file():
        sign_in = json.loads(launch.sign_in_file.read_text())
        lines.append(f"              sign in as {sign_in['address']} with {sign_in['password']}")
    if not launch.given.get("SMTP_URL"):
        lines.append(f"    Inbox     {address}/dev/inbox   every mail lands here, none leaves this machine")
    lines.append(f"    Give      {address}/give")
    if environment.get("STRIPE_URL"):
        lines.append(
            f"    Stripe    {environment['STRIPE_URL']}/   a test of it: cards, clock and banks; nothing is charged"
        )
    return "\n".join([*lines, "", "  Ctrl-C stops everything.", ""])
