"""Runs migrations on the connection that ``service.schema`` hands over. Never reads the environment itself.

They run beside the service. A step that waits for a table's lock has everybody else wait behind it, so it gives up
soon; how long it works once it has the lock is not limited.
"""

from alembic import context
from sqlalchemy import text

from service.models import metadata

LOCK_TIMEOUT = "5s"

connection = context.config.attributes["connection"]
patience = context.config.attributes.get("lock_timeout", LOCK_TIMEOUT)
for setting, value in (("lock_timeout", patience), ("statement_timeout", "0")):
    connection.execute(text("select set_config(:setting, :value, false)"), {"setting": setting, "value": value})
connection.commit()

context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
