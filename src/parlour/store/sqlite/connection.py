"""Opens connections: the pragmas, and why (docs/decisions/0002-durability-and-group-commit.md)."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from parlour.store.api import StoreUnavailable

__all__ = ["DATABASE", "Settings", "connect_reader", "connect_writer", "create_file"]

DATABASE = "parlour.db"

# Older ones lack upsert, or JSON functions as a matter of course.
_OLDEST_SQLITE = (3, 34)

_SEARCH_PROBE = "CREATE VIRTUAL TABLE probe USING fts5(words)"

# What the WAL file is cut back to after a checkpoint that found it larger.
_WAL_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Settings:
    """`busy_timeout`: seconds to wait for a lock held by a foreign program; then the batch fails. `readers`: threads
    that read. `queue`: writes that may wait (and as many reads); one more fails at once. `batch`: posts that at most
    go into one transaction."""

    busy_timeout: float = 2.0
    readers: int = 2
    queue: int = 10_000
    batch: int = 256


def create_file(path: Path) -> None:
    """Make an empty database that only its owner may read; SQLite gives its other files the same mode."""
    _check_library()
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _check_library() -> None:
    if sqlite3.sqlite_version_info < _OLDEST_SQLITE:
        raise StoreUnavailable(f"SQLite {sqlite3.sqlite_version} is too old, 3.34 or newer is needed")
    memory = sqlite3.connect(":memory:")
    try:
        memory.execute(_SEARCH_PROBE)
    except sqlite3.OperationalError as error:
        library = f"the SQLite library of this Python ({sqlite3.sqlite_version})"
        raise StoreUnavailable(
            f"{library} was built without full-text search: {error}; use one with SQLITE_ENABLE_FTS5"
        ) from error
    finally:
        memory.close()


def connect_writer(path: Path, settings: Settings) -> sqlite3.Connection:
    """The connection of the writer thread. Autocommit: a statement outside BEGIN .. COMMIT is a transaction."""
    return _connect(
        path,
        settings,
        "journal_mode = WAL",
        # FULL: flushed at every commit. With NORMAL, a power cut takes posts back that were acknowledged.
        "synchronous = FULL",
        "foreign_keys = ON",
        f"journal_size_limit = {_WAL_BYTES}",
        # Keys land all over their index; this much of it stays in memory (KiB).
        "cache_size = -16384",
    )


def connect_reader(path: Path, settings: Settings) -> sqlite3.Connection:
    """A connection that cannot write."""
    return _connect(path, settings, "query_only = ON")


def _connect(path: Path, settings: Settings, *pragmas: str) -> sqlite3.Connection:
    # Closed by another thread than the one that used it, never used by two: hence the check is off.
    connection = sqlite3.connect(path, timeout=settings.busy_timeout, isolation_level=None, check_same_thread=False)
    try:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection
