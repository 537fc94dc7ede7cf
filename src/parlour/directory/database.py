"""The file of local accounts: `accounts.db`, readable by its owner only, apart from the rooms so that what proves a
password can be guarded and backed up by itself. Small enough to be read into memory as a whole."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

__all__ = ["open_accounts"]

# One entry per version; PRAGMA user_version says how many were carried out. Entries are never changed, only added.
_MIGRATIONS = (
    """
    CREATE TABLE people (
      uri TEXT PRIMARY KEY, guid TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, email TEXT NOT NULL,
      company TEXT NOT NULL, is_admin INTEGER NOT NULL, chat_enabled INTEGER NOT NULL, disabled INTEGER NOT NULL,
      password TEXT
    ) WITHOUT ROWID;
    CREATE TABLE verifiers (
      uri TEXT NOT NULL REFERENCES people(uri) ON DELETE CASCADE, kind TEXT NOT NULL, value BLOB NOT NULL,
      PRIMARY KEY (uri, kind)
    ) WITHOUT ROWID;
    CREATE TABLE groups (
      uri TEXT PRIMARY KEY, guid TEXT NOT NULL UNIQUE, kind INTEGER NOT NULL, display_name TEXT NOT NULL,
      folded_name TEXT NOT NULL UNIQUE
    ) WITHOUT ROWID;
    CREATE TABLE memberships (
      group_uri TEXT NOT NULL REFERENCES groups(uri) ON DELETE CASCADE, member_uri TEXT NOT NULL,
      PRIMARY KEY (group_uri, member_uri)
    ) WITHOUT ROWID;
    """,
)


def open_accounts(path: Path) -> sqlite3.Connection:
    """Open, make when missing (mode 0600), bring up to date. Raises sqlite3.Error and OSError."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_MIGRATIONS):
        connection.close()
        raise sqlite3.DatabaseError(f"{path} was written by a newer version of Parlour (schema {version})")
    for number, script in enumerate(_MIGRATIONS[version:], version + 1):
        connection.executescript(f"BEGIN; {script} PRAGMA user_version={number}; COMMIT;")
    return connection
