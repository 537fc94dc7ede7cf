"""Alembic's revisions of the tables in `parlour.store.schema`, for every SQL home."""
