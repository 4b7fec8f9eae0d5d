"""What Alembic runs: the migrations, on the connection and within the transaction it is given."""

from alembic import context

from stationmap.store.models import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=context.config.attributes["version_table"],
)
context.run_migrations()
