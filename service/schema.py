"""Brings a database to the schema of this code. Owns how migrations are run; never what they say.

Migrations go forward only: going back is a restore, and each step runs beside the code before it.
"""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import text

from service.db import make_engine
from service.models import metadata
from service.settings import ROOT

MIGRATION_LOCK = 7305801  # any constant: two processes that start together must not migrate together


def migrate(database_url: str) -> None:
    """Apply every migration that the database lacks. Safe to repeat, and from several processes at once."""
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        connection.execute(text("select pg_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK})
        connection.commit()
        command.upgrade(_config(connection), "head")
        connection.commit()
    engine.dispose()


def list_differences(database_url: str) -> list[object]:
    """Return what differs between the models and the database; an empty list when they agree."""
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences: list[object] = list(compare_metadata(context, metadata))
    engine.dispose()
    return differences


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config
