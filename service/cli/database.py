"""``postrider migrate``: brings the database to this version's schema."""

import click

from service.cli.opening import open_services
from service.schema import migrate as migrate_database


@click.command()
def migrate() -> None:
    """Bring the database to the schema of this version. Safe to repeat, and to run beside the service."""
    with open_services() as services:
        migrate_database(services.settings.database_url)
    click.echo("The database is up to date.")
