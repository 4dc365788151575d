"""Opens the service for one command: its settings, its servers, one transaction. Never keeps anything running."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy.orm import Session

from service.db import transaction
from service.development.attach import start_servers_for_command
from service.settings import load_settings
from service.wiring import Services, wire


@contextmanager
def open_services() -> Iterator[Services]:
    """Lend the services for one command, starting the embedded servers if nothing else is there."""
    with start_servers_for_command():
        services = wire(load_settings(), pool_size=2)
        try:
            yield services
        finally:
            services.close()


@contextmanager
def open_session() -> Iterator[Session]:
    """Lend one transaction for one command."""
    with open_services() as services, transaction(services.factory) as session:
        yield session


def print_json(value: object) -> None:
    """Print ``value`` for a program: one JSON document, text in its own script."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
