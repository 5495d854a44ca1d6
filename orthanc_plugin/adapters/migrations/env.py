"""Run by Alembic: the connection comes from open_store()."""

from alembic import context

from orthanc_plugin.adapters.store.schema import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
