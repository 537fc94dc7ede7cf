"""Run by Alembic, never imported: takes the connection that `parlour.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from parlour.store.schema import METADATA

# Each revision in a transaction of its own: a process killed in the middle leaves the tables of a whole revision.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=True,
    transaction_per_migration=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
