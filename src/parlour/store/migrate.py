"""Brings a database to the tables of this program. Imports SQLAlchemy and Alembic: call it only when due."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from parlour.store.api import StoreUnavailable

__all__ = ["alembic_config", "upgrade"]


def alembic_config() -> Config:
    """Alembic's settings: where the revisions are. No file is read."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(connection: Connection) -> None:
    """Apply the missing revisions; `StoreUnavailable` if the database is of a newer program than this one."""
    config = alembic_config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreUnavailable(f"the database was made by another version of the program: {error}") from error
