"""`postrider run`: the whole service on this machine, for looking and developing. Translates; decides nothing."""

import os
import sys

import click

from service.development.console import Console
from service.development.environment import WEB_PORT
from service.development.launch import run_service
from service.errors import Conflict, PostriderError

NOTHING_STARTED = 2
SOMETHING_FAILED = 1


@click.command("run")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="WEB_PORT",
    default=WEB_PORT,
    show_default=True,
    show_envvar=True,
    help="Where the web server listens.",
)
@click.pass_context
def run(context: click.Context, port: int) -> None:
    """Start everything on this machine, with servers and sample data of its own, until Ctrl-C.

    DATABASE_URL, REDIS_URL and SMTP_URL, where set, are used instead of own servers.
    """
    try:
        run_service(os.environ, port, Console(sys.stdout))
    except PostriderError as problem:
        click.echo(f"error: {problem}", err=True)
        context.exit(NOTHING_STARTED if isinstance(problem, Conflict) else SOMETHING_FAILED)
