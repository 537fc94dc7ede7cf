"""The audit trail, as SQLite keeps it."""

from __future__ import annotations

from collections.abc import Sequence

from parlour.rooms.audit import AuditPage, AuditQuery, AuditRecord
from parlour.store.sqlite.audit_rows import find_records, keep_records
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteAudit"]


class SqliteAudit:
    """The `AuditLog` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    async def add(self, records: Sequence[AuditRecord]) -> None:
        """See `AuditLog.add`."""
        await self._writer.run(lambda connection: keep_records(connection, records))

    async def find(self, query: AuditQuery, limit: int) -> AuditPage:
        """See `AuditLog.find`."""
        return await self._readers.read(lambda connection: find_records(connection, query, limit))
