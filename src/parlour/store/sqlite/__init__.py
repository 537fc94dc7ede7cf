"""The store in one SQLite file: what `parlour serve` uses unless told otherwise."""

from __future__ import annotations

from parlour.store.sqlite.connection import Settings
from parlour.store.sqlite.hold import DataDirectoryInUse
from parlour.store.sqlite.home import SqliteStore

__all__ = ["DataDirectoryInUse", "Settings", "SqliteStore"]
