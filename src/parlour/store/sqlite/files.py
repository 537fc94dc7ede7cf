"""Tokens of file transfers, as SQLite keeps them."""

from __future__ import annotations

import sqlite3

from parlour.rooms.model import Micros
from parlour.store.api import FileToken
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteTokens"]

_GET = "SELECT token, person, room, upload, file_name, expires FROM file_tokens WHERE token = ?"
_ADD = "INSERT INTO file_tokens (token, person, room, upload, file_name, expires) VALUES (?, ?, ?, ?, ?, ?)"
_GOOD = "SELECT count(*) FROM file_tokens WHERE person = ? AND expires > ?"
_FORGET = "DELETE FROM file_tokens WHERE expires < ?"


class SqliteTokens:
    """The `FileTokens` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def add(self, token: FileToken, now: Micros) -> None:
        """See `FileTokens.add`."""
        await self._writer.run(lambda connection: _add(connection, token, now))

    async def get(self, token: str) -> FileToken | None:
        """See `FileTokens.get`."""
        return await self._readers.read(lambda connection: _get(connection, token))

    async def good(self, person: str, now: Micros) -> int:
        """See `FileTokens.good`."""
        return await self._readers.read(lambda connection: int(connection.execute(_GOOD, (person, now)).fetchone()[0]))


def _add(connection: sqlite3.Connection, token: FileToken, now: Micros) -> None:
    connection.execute(_FORGET, (now,))
    values = (token.token, token.person, token.room, token.upload, token.file_name, token.expires)
    connection.execute(_ADD, values)


def _get(connection: sqlite3.Connection, token: str) -> FileToken | None:
    row = connection.execute(_GET, (token,)).fetchone()
    if row is None:
        return None
    text, person, room, upload, file_name, expires = row
    return FileToken(text, person, room, bool(upload), file_name, expires)
