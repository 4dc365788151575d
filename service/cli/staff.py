"""``postrider staff``: the accounts of the office."""

import click

from service.cli.opening import open_session
from service.staff.accounts import SHORTEST_PASSWORD, create_account
from service.staff.audit import note
from service.staff.roles import Role


@click.group()
def staff() -> None:
    """Manage who may sign in to the desk."""


@staff.command()
@click.argument("address")
@click.option("--name", required=True, help="How the audit trail names them.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.EDITOR.value, show_default=True)
@click.password_option(help=f"At least {SHORTEST_PASSWORD} characters; asked for when not given.")
def add(address: str, name: str, role: str, password: str) -> None:
    """Add an account for ADDRESS."""
    with open_session() as session:
        account = create_account(session, address, name, password, Role(role))
        note(session, None, "added by the command line", f"account:{account.id}", role=role)
    click.echo(f"{address} can sign in to the desk as {role}.")
