"""Brings a database to the schema of this code. Owns how migrations are run; never what they say.

Migrations go forward only: going back is a restore, and each step runs beside the code before it.
"""

import time

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from service.db import make_engine
from service.errors import Unavailable
from service.settings import ROOT

MIGRATION_LOCK = 7305801  # any constant: two processes that start together must not migrate together


ASK_AGAIN = 0.2  # seconds
BUSY = (
    "The database was not migrated to its end: something else has held a table for too long, and everybody would have "
    "waited behind us. The steps before are done and the service goes on as it is. Please run this again when no large "
    "import or export runs."
)
_LOCK_NOT_AVAILABLE = "55P03"


def migrate(database_url: str) -> None:
    """Apply every migration that the database lacks. Safe to repeat, and from several processes at once.

    Raises:
        Unavailable: a table was in use for so long that the migration gave up; running it again goes on from there.
    """
    engine = make_engine(database_url, pool_size=1)
    try:
        with engine.connect() as connection:
            _wait_for_turn(connection)
            command.upgrade(_config(connection), "head")
            connection.commit()
    except OperationalError as problem:
        if getattr(problem.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise Unavailable(BUSY) from problem
        raise
    finally:
        engine.dispose()


def _wait_for_turn(connection: Connection) -> None:
    """Take the lock of migrations, by asking for it again and again.

    Who waits for it in a statement is an older transaction, for which CREATE INDEX CONCURRENTLY waits in its turn.
    """
    while not connection.execute(text("select pg_try_advisory_lock(:lock)"), {"lock": MIGRATION_LOCK}).scalar_one():
        connection.commit()
        time.sleep(ASK_AGAIN)
    connection.commit()


def _config(connection: object) -> Config:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.attributes["connection"] = connection
    return config
