"""Looks whether the tables are those of this program and makes them so. Cheap when there is nothing to do."""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable

from parlour.store.api import StoreUnavailable
from parlour.store.head import HEAD

__all__ = ["bring_to_head", "instance_id", "revision"]


def revision(connection: sqlite3.Connection) -> str | None:
    """The revision the tables are at; None for an empty file."""
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone() if known else None
    return None if row is None else str(row[0])


def bring_to_head(connection: sqlite3.Connection, connect: Callable[[], sqlite3.Connection]) -> None:
    """Apply missing revisions through a connection made by `connect`. `StoreUnavailable`: made by a newer program."""
    if revision(connection) == HEAD:
        return
    # Some 0.3 s of imports, which a start with tables in order does not pay.
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import DBAPIError
    from sqlalchemy.pool import NullPool

    from parlour.store.migrate import upgrade

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    # The driver is in autocommit mode; without this, DDL would not be in a transaction.
    event.listen(engine, "begin", lambda sqla: sqla.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with engine.connect() as sqla:
            upgrade(sqla)
    except DBAPIError as error:
        raise StoreUnavailable(f"cannot make or update the tables: {error.orig}") from error


def instance_id(connection: sqlite3.Connection) -> str:
    """The GUID of this database, made on the first call."""
    row = connection.execute("SELECT value FROM instance WHERE name = 'id'").fetchone()
    if row is None:
        connection.execute("INSERT OR IGNORE INTO instance VALUES ('id', ?)", (str(uuid.uuid4()),))
        return instance_id(connection)
    return str(row[0])
