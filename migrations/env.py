"""Runs migrations on the connection that ``service.schema`` hands over. Never reads the environment itself."""

from alembic import context

from service.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
