"""Versioned documents, as SQLite keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from parlour.rooms.audit import AuditRecord
from parlour.store.api import DocumentChange, DocumentConflict, DocumentHead, StoredDocument
from parlour.store.sqlite.audit_rows import keep_record
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteDocuments"]

_ONE = "SELECT label, version, content FROM documents WHERE owner = ? AND kind = ? AND label = ?"
_ALL = "SELECT label, version, content FROM documents WHERE owner = ? AND kind = ? ORDER BY label"
_HEADS = "SELECT label, version, length(content) FROM documents WHERE owner = ? AND kind = ? ORDER BY label"
_VERSION = "SELECT version FROM documents WHERE owner = ? AND kind = ? AND label = ?"
_PUT = """
INSERT INTO documents (owner, kind, label, version, content) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (owner, kind, label) DO UPDATE SET version = excluded.version, content = excluded.content
"""
_DELETE = "DELETE FROM documents WHERE owner = ? AND kind = ? AND label = ?"

_Place = tuple[str, str, str]


class SqliteDocuments:
    """The `Documents` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def get(self, owner: str, kind: str, label: str) -> StoredDocument | None:
        """See `Documents.get`."""
        found = await self._readers.read(lambda connection: _select(connection, _ONE, (owner, kind, label)))
        return found[0] if found else None

    async def all(self, owner: str, kind: str) -> Sequence[StoredDocument]:
        """See `Documents.all`."""
        return await self._readers.read(lambda connection: _select(connection, _ALL, (owner, kind)))

    async def heads(self, owner: str, kind: str) -> Sequence[DocumentHead]:
        """See `Documents.heads`."""
        return await self._readers.read(
            lambda connection: [DocumentHead(*row) for row in connection.execute(_HEADS, (owner, kind)).fetchall()]
        )

    async def change(self, owner: str, kind: str, changes: Sequence[DocumentChange]) -> Sequence[int]:
        """See `Documents.change`."""
        return await self._writer.run(
            lambda connection: [_change(connection, (owner, kind, change.label), change) for change in changes]
        )

    async def put(
        self,
        owner: str,
        kind: str,
        label: str,
        content: bytes,
        expected: int | None = None,
        record: AuditRecord | None = None,
    ) -> int:
        """See `Documents.put`."""
        place = (owner, kind, label)

        def run(connection: sqlite3.Connection) -> int:
            version = _put(connection, place, content, expected)
            keep_record(connection, record)
            return version

        return await self._writer.run(run)

    async def delete(self, owner: str, kind: str, label: str, record: AuditRecord | None = None) -> None:
        """See `Documents.delete`."""
        await self._writer.run(lambda connection: _delete(connection, (owner, kind, label), record))


def _select(connection: sqlite3.Connection, sql: str, place: tuple[str, ...]) -> list[StoredDocument]:
    return [StoredDocument(*row) for row in connection.execute(sql, place).fetchall()]


def _change(connection: sqlite3.Connection, place: _Place, change: DocumentChange) -> int:
    if change.content is not None:
        return _put(connection, place, change.content, change.expected)
    if connection.execute(_VERSION, place).fetchone() is not None:
        _check_version(connection, place, change.expected)
        connection.execute(_DELETE, place)
    return 0


def _put(connection: sqlite3.Connection, place: _Place, content: bytes, expected: int | None) -> int:
    version = _check_version(connection, place, expected) + 1
    connection.execute(_PUT, (*place, version, content))
    return version


def _check_version(connection: sqlite3.Connection, place: _Place, expected: int | None) -> int:
    row = connection.execute(_VERSION, place).fetchone()
    current: int = row[0] if row else 0
    if expected is not None and expected != current:
        raise DocumentConflict(place[2], current)
    return current


def _delete(connection: sqlite3.Connection, place: _Place, record: AuditRecord | None) -> None:
    connection.execute(_DELETE, place)
    keep_record(connection, record)
