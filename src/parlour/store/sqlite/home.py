"""The whole store in one data directory: opens it, closes it, and holds the parts together."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import Category, Room
from parlour.store.api import StoreUnavailable
from parlour.store.sqlite.audit import SqliteAudit
from parlour.store.sqlite.connection import DATABASE, Settings, connect_reader, connect_writer, create_file
from parlour.store.sqlite.damage import find_damage
from parlour.store.sqlite.departing import forget
from parlour.store.sqlite.documents import SqliteDocuments
from parlour.store.sqlite.files import SqliteTokens
from parlour.store.sqlite.hold import DirectoryHold
from parlour.store.sqlite.invitations import SqliteInvitations
from parlour.store.sqlite.posts import SqlitePosts
from parlour.store.sqlite.probing import WriteProbe
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.rooms import SqliteRooms
from parlour.store.sqlite.schema import bring_to_head, instance_id
from parlour.store.sqlite.scribe import Scribe
from parlour.store.sqlite.tally import WriteTally
from parlour.store.sqlite.writer import Writer

__all__ = ["SqliteStore"]


class SqliteStore:
    """A `Store` in `directory`: `parlour.db` with its WAL, and `parlour.lock`.

    Its parts and `instance_id` exist from `open` on; it belongs to the loop that opened it."""

    posts: SqlitePosts
    rooms: SqliteRooms
    documents: SqliteDocuments
    invitations: SqliteInvitations
    tokens: SqliteTokens
    audit: SqliteAudit
    instance_id: str

    def __init__(self, directory: Path, settings: Settings | None = None) -> None:
        self._directory = directory
        self._path = directory / DATABASE
        self._settings = settings or Settings()
        self._hold: DirectoryHold | None = None
        self.writing = WriteTally(time.monotonic)

    async def open(self) -> None:
        """Take the directory (`DataDirectoryInUse` if another process has it), make or update the tables, start the
        threads. `StoreUnavailable` says why it cannot be: also when damage is found (`damage`)."""
        try:
            self._hold = await asyncio.to_thread(self._take_directory)
        except OSError as error:
            raise StoreUnavailable(f"cannot use the data directory {self._directory}: {error}") from error
        settings = self._settings
        self._writer = Writer(Scribe(self._connect, self.writing), queue=settings.queue, batch=settings.batch)
        self._readers = Readers(
            lambda: connect_reader(self._path, settings),
            threads=settings.readers,
            queue=settings.queue,
            failed=self.writing.notice,
        )
        self._probe = WriteProbe(self._writer, self.writing)
        self._writer.start()
        self._readers.start()
        self.rooms = SqliteRooms(self._writer, self._readers)
        try:
            self.instance_id = await self._writer.run(instance_id)
        except BaseException:
            await self.close()
            raise
        self.posts = SqlitePosts(self._writer, self._readers)
        self.documents = SqliteDocuments(self._writer, self._readers)
        self.invitations = SqliteInvitations(self._writer, self._readers)
        self.tokens = SqliteTokens(self._writer, self._readers)
        self.audit = SqliteAudit(self._writer, self._readers)
        await self.rooms.sweep()

    async def forget(
        self,
        principal: str,
        categories: Sequence[Category],
        rooms: Sequence[Room],
        record: AuditRecord | None = None,
    ) -> None:
        """See `Store.forget`."""
        await self._writer.run(lambda connection: forget(connection, principal, categories, rooms, record))

    async def can_write(self, patience: float = 2.5) -> bool:
        """Whether a write goes through, as of two seconds ago at most; False after `patience` seconds without an
        answer. Cheap enough to be asked by strangers."""
        return await self._probe.can_write(patience)

    async def close(self) -> None:
        """Keep and answer everything that waits, then let go of the directory."""
        if self._hold is not None:
            await self.rooms.close()
            await self._readers.stop()
            await self._writer.stop()
            self._hold.release()
            self._hold = None

    def _take_directory(self) -> DirectoryHold:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        hold = DirectoryHold(self._directory)
        try:
            create_file(self._path)
            self._refuse_damaged()
        except BaseException:
            hold.release()
            raise
        return hold

    def _refuse_damaged(self) -> None:
        try:
            found = find_damage(self._path)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error
        if found is not None:
            raise StoreUnavailable(f"it is damaged: {found}")

    def _connect(self) -> sqlite3.Connection:
        connection = connect_writer(self._path, self._settings)
        try:
            bring_to_head(connection, lambda: connect_writer(self._path, self._settings))
        except BaseException:
            connection.close()
            raise
        return connection
