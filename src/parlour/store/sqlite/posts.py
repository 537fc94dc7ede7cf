"""Posts and the outbox, as SQLite keeps them: writing goes to the writer's queue, reading to the reader threads."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from parlour.rooms.audit import AuditRecord
from parlour.rooms.history import Page, PostQuery, most_counted
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import Appended, EventKind, FoundPosts, NewPost, OutboxEvent, OutboxRow, StoredPost
from parlour.store.checks import check_key
from parlour.store.sqlite.readers import Readers
from parlour.store.sqlite.removal import Removal
from parlour.store.sqlite.search import find, posts_of, settled, stored_post
from parlour.store.sqlite.sifting import Sifting
from parlour.store.sqlite.writer import Writer

__all__ = ["SqlitePosts"]

# {} takes the condition on chat_id and the direction: all of them walk the index (room, chat_id).
_SELECT = """
SELECT chat_id, author, author_name, text, at, rtf, alert FROM posts
WHERE room = (SELECT number FROM rooms WHERE id = ? AND NOT gone) AND chat_id {} ? ORDER BY chat_id {} LIMIT ?
"""
_BEFORE = _SELECT.format("<", "DESC")
_AFTER = _SELECT.format(">", "ASC")
_UNREAD = """
SELECT count(*) FROM (
    SELECT 1 FROM posts
    WHERE room = (SELECT number FROM rooms WHERE id = ? AND NOT gone) AND chat_id > ? AND author <> ? LIMIT ?)
"""
# A text has its length in characters, a blob in bytes.
_SIZE = """
SELECT coalesce(sum(length(CAST(text AS BLOB)) + coalesce(length(CAST(rtf AS BLOB)), 0)), 0) FROM posts
WHERE room = (SELECT number FROM rooms WHERE id = ? AND NOT gone)
"""
_OUTBOX = "SELECT id, kind, room, who, at, chat_id, detail FROM outbox WHERE id > ? ORDER BY id LIMIT ?"

# Above every chat id there will be.
_END = 2**63 - 1


class SqlitePosts:
    """The `PostLog` of one SQLite file."""

    def __init__(self, writer: Writer, readers: Readers) -> None:
        self._writer = writer
        self._readers = readers

    def append(self, post: NewPost) -> asyncio.Future[Appended]:
        """See `PostLog.append`."""
        check_key(post.key)
        return self._writer.submit(post)

    def record(self, event: OutboxEvent) -> asyncio.Future[None]:
        """See `PostLog.record`."""
        return self._writer.submit(event)

    async def last(self, room: RoomId, count: int) -> list[StoredPost]:
        """See `PostLog.last`."""
        return await self.before(room, _END, count)

    async def before(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """See `PostLog.before`."""
        return await self._readers.read(lambda connection: _before(connection, room, chat_id, count))

    async def after(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """See `PostLog.after`."""
        return await self._readers.read(lambda connection: _posts(connection, _AFTER, room, chat_id, count))

    async def find(self, room: RoomId, query: PostQuery, limit: int) -> FoundPosts:
        """See `PostLog.find`."""
        if settled(query):
            return await self._readers.read(lambda connection: find(connection, room, query, limit))
        most = most_counted(query, limit)
        sifting = Sifting(room, query, "DESC" if query.newest_first else "ASC", most + 1)
        await self._sift(sifting)
        total, cut = len(sifting.ids), sifting.ids[: max(limit, 0)]
        posts = await self._readers.read(lambda connection: posts_of(connection, room, cut)) if cut else ()
        more = not sifting.whole or total > len(cut)
        return FoundPosts(posts, Page(min(total, most), more, sifting.examined))

    async def _sift(self, sifting: Sifting) -> None:
        # Each step stands in the readers' queue by itself, behind whatever came meanwhile.
        while not await self._readers.read(sifting.step):
            pass

    async def unread(self, marks: Mapping[RoomId, int], most: int, reader: str) -> Mapping[RoomId, int]:
        """See `PostLog.unread`."""
        return await self._readers.read(lambda connection: _unread(connection, marks, most, reader))

    async def size(self, room: RoomId) -> int:
        """See `PostLog.size`."""
        return await self._readers.read(lambda connection: int(connection.execute(_SIZE, (room,)).fetchone()[0]))

    async def remove(
        self,
        room: RoomId,
        query: PostQuery,
        most: int,
        *,
        by: str,
        at: Micros,
        replacement: str | None = None,
        record: Callable[[Sequence[int]], AuditRecord] | None = None,
    ) -> Sequence[StoredPost]:
        """See `PostLog.remove`."""
        removal = Removal(room, query, most, by, at, replacement, record)
        if settled(query) or most <= 0:
            return await self._writer.run(removal.run)
        sifting = Sifting(room, dataclasses.replace(query, examine_to=None), "ASC", most)
        await self._sift(sifting)
        return await self._writer.run(dataclasses.replace(removal, sifted=sifting.ids).run)

    async def outbox(self, after: int, count: int) -> list[OutboxRow]:
        """See `PostLog.outbox`."""
        return await self._readers.read(lambda connection: _outbox(connection, after, count))

    async def outbox_delete(self, up_to: int) -> None:
        """See `PostLog.outbox_delete`."""
        await self._writer.run(lambda connection: _outbox_delete(connection, up_to))


def _before(connection: sqlite3.Connection, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
    posts = _posts(connection, _BEFORE, room, chat_id, count)
    posts.reverse()
    return posts


def _posts(connection: sqlite3.Connection, sql: str, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
    rows = connection.execute(sql, (room, chat_id, max(count, 0))).fetchall()
    return [stored_post(room, *row) for row in rows]


def _unread(
    connection: sqlite3.Connection, marks: Mapping[RoomId, int], most: int, reader: str
) -> Mapping[RoomId, int]:
    counts = (
        (room, connection.execute(_UNREAD, (room, after, reader, most)).fetchone()) for room, after in marks.items()
    )
    return {room: count for room, (count,) in counts}


def _outbox(connection: sqlite3.Connection, after: int, count: int) -> list[OutboxRow]:
    return [_outbox_row(row) for row in connection.execute(_OUTBOX, (after, max(count, 0))).fetchall()]


def _outbox_row(row: tuple[Any, ...]) -> OutboxRow:
    number, kind, room, who, at, chat_id, detail = row
    return OutboxRow(number, EventKind(kind), room, who, at, chat_id, json.loads(detail))


def _outbox_delete(connection: sqlite3.Connection, up_to: int) -> None:
    connection.execute("DELETE FROM outbox WHERE id <= ?", (up_to,))
