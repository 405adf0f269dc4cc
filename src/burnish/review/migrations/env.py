"""What Alembic runs for every migration: on the connection, and in the transaction, that `database.py` hands it."""

from alembic import context

from burnish.review.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
