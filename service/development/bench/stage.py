"""A whole service to measure: servers that write durably, web, workers, beat, a sink for mail and the test Stripe.

Owns its start and stop in a folder that is thrown away, and the crowd of readers. Never measures.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from service.development.children import Child, Program
from service.development.embedded import run_servers
from service.development.environment import fill_environment, point_to_test_stripe, refuse_production
from service.development.ports import LOOPBACK, find_free_port, is_port_answering
from service.development.programs import make_beat, make_test_stripe, make_web, make_workers
from service.issues.models import Newsletter
from service.schema import migrate
from service.settings import ROOT, load_settings
from service.subscribers.models import Subscriber, Subscription
from service.subscribers.states import SubscriptionState
from service.wiring import Services, wire


@contextmanager
def run_stage() -> Iterator[Services]:
    """Run everything for as long as the block lasts and lend the services; mail goes into a sink that forgets it.

    Raises:
        Conflict: in production.
        Unavailable: a program does not start.
    """
    refuse_production(os.environ)
    with tempfile.TemporaryDirectory(prefix="postrider-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o755)  # started by root, PostgreSQL runs as an account that must get in
        servers = stack.enter_context(run_servers(folder))
        web_port, mail_port, stripe_port = find_free_port(), find_free_port(), find_free_port()
        environment = fill_environment(
            {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            folder,
            database_url=servers.database_url,
            redis_url=servers.redis_url,
            smtp_url=f"smtp://{LOOPBACK}:{mail_port}",
            web_port=web_port,
        )
        environment = point_to_test_stripe(environment, stripe_port)
        migrate(load_settings(environment).database_url)
        programs = [
            _make_sink(mail_port, environment),
            make_test_stripe(environment, stripe_port, None, folder),
            *make_workers(environment),
            make_beat(environment, folder),
            make_web(environment, web_port),
        ]
        _start_all(programs, folder, stack)
        services = wire(load_settings(environment))
        stack.callback(services.factory.kw["bind"].dispose)
        yield services


def add_readers(session: Session, newsletter: Newsletter, count: int) -> None:
    """Store ``count`` confirmed readers in two statements."""
    addresses = [f"reader-{number}@example.org" for number in range(count)]
    rows = [{"address": one, "mailed_address": one, "address_key": one, "name": None} for one in addresses]
    session.execute(insert(Subscriber), rows)
    everyone = select(Subscriber.id, literal(newsletter.id), literal(SubscriptionState.ACTIVE.value))
    session.execute(insert(Subscription).from_select(["subscriber_id", "newsletter_id", "state"], everyone))


def _make_sink(port: int, environment: dict[str, str]) -> Program:
    argv = (sys.executable, "-m", "aiosmtpd", "-n", "-l", f"{LOOPBACK}:{port}", "-c", "aiosmtpd.handlers.Sink")
    return Program("sink", argv, environment, is_ready=lambda: is_port_answering(port), folder=ROOT)


def _start_all(programs: list[Program], folder: Path, stack: ExitStack) -> None:
    children = []
    for program in programs:
        children.append(Child(replace(program, log=folder / f"{program.name}.log")))
        stack.callback(children[-1].stop)
    for child in children:
        child.wait_until_ready()
