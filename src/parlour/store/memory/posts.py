"""Posts, their keys and the outbox, in memory. Search reads every post of the room, as `rooms.history` does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from parlour.rooms.audit import AuditRecord
from parlour.rooms.history import PostQuery, page_of
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import (
    Appended,
    EventKind,
    FoundPosts,
    NewPost,
    OutboxEvent,
    OutboxRow,
    StoredPost,
    StoreUnavailable,
)
from parlour.store.checks import check_key
from parlour.store.memory.switch import Switch

__all__ = ["MemoryPosts"]

T = TypeVar("T")


class MemoryPosts:
    """Commits happen one loop turn after the asking, as one batch. `knows` says whether there is such a room, `audit`
    keeps the record of an act."""

    def __init__(
        self, switch: Switch, knows: Callable[[RoomId], bool], audit: Callable[[AuditRecord | None], None]
    ) -> None:
        self._audit = audit
        self._switch = switch
        self._knows = knows
        self._posts: dict[RoomId, list[StoredPost]] = {}
        self._counters: dict[RoomId, int] = {}
        self._keys: dict[bytes, StoredPost] = {}
        self._outbox: list[OutboxRow] = []
        self._outbox_id = 0
        self._waiting: list[Callable[[], None]] = []
        self._held = False

    def hold(self) -> None:
        """From now on nothing is committed."""
        self._held = True

    def release(self) -> None:
        """Commit what waits, now."""
        self._held = False
        self._commit()

    def append(self, post: NewPost) -> asyncio.Future[Appended]:
        """See `PostLog.append`."""
        check_key(post.key)
        return self._queue(lambda: self._keep(post))

    def record(self, event: OutboxEvent) -> asyncio.Future[None]:
        """See `PostLog.record`."""
        # Through JSON, so that what comes back has the shapes that a durable home would give.
        detail: dict[str, object] = json.loads(json.dumps(dict(event.detail)))
        return self._queue(lambda: self._archive(event, None, detail))

    async def last(self, room: RoomId, count: int) -> list[StoredPost]:
        """See `PostLog.last`."""
        posts = self._posts.get(room, [])
        return posts[-count:] if count > 0 else []

    async def before(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """See `PostLog.before`."""
        posts = [post for post in self._posts.get(room, []) if post.chat_id < chat_id]
        return posts[-count:] if count > 0 else []

    async def after(self, room: RoomId, chat_id: int, count: int) -> list[StoredPost]:
        """See `PostLog.after`."""
        return [post for post in self._posts.get(room, []) if post.chat_id > chat_id][: max(count, 0)]

    async def find(self, room: RoomId, query: PostQuery, limit: int) -> FoundPosts:
        """See `PostLog.find`."""
        posts, page = page_of(self._posts.get(room, []), query, limit)
        return FoundPosts(tuple(posts), page)

    async def unread(self, marks: Mapping[RoomId, int], most: int, reader: str) -> Mapping[RoomId, int]:
        """See `PostLog.unread`."""
        return {
            room: min(most, sum(post.chat_id > after and post.author != reader for post in self._posts.get(room, [])))
            for room, after in marks.items()
        }

    async def size(self, room: RoomId) -> int:
        """See `PostLog.size`."""
        return sum(len(post.text.encode()) + len((post.rtf or "").encode()) for post in self._posts.get(room, []))

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
        self._switch.check()
        posts = self._posts.get(room, [])
        removed, _ = page_of(posts, replace(query, newest_first=False, examine_to=None), most)
        for post in removed:
            new = None if replacement is None else replace(post, text=replacement, rtf=None)
            place = posts.index(post)
            posts[place : place + 1] = [] if new is None else [new]
            self._archive_removal(post, by, at, replacement)
            if new is not None:
                self._keys = {key: new if kept == post else kept for key, kept in self._keys.items()}
        if removed and record is not None:
            self._audit(record([post.chat_id for post in removed]))
        return removed

    async def outbox(self, after: int, count: int) -> list[OutboxRow]:
        """See `PostLog.outbox`."""
        return [row for row in self._outbox if row.id > after][: max(count, 0)]

    async def outbox_delete(self, up_to: int) -> None:
        """See `PostLog.outbox_delete`."""
        self._switch.check()
        self._outbox = [row for row in self._outbox if row.id > up_to]

    def forget(self, room: RoomId) -> None:
        """The room is deleted: its posts go, keys and outbox stay."""
        self._posts.pop(room, None)

    def _queue(self, keep: Callable[[], T]) -> asyncio.Future[T]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if not self._waiting and not self._held:
            loop.call_soon(self._commit)
        self._waiting.append(lambda: self._settle(future, keep))
        return future

    def _commit(self) -> None:
        if self._held:
            return
        waiting, self._waiting = self._waiting, []
        for settle in waiting:
            settle()

    def _settle(self, future: asyncio.Future[T], keep: Callable[[], T]) -> None:
        try:
            self._switch.check()
            result = keep()
        except StoreUnavailable as refusal:
            if not future.done():
                future.set_exception(refusal)
        else:
            if not future.done():
                future.set_result(result)

    def _keep(self, post: NewPost) -> Appended:
        if not self._knows(post.room):
            raise StoreUnavailable(f"no such room: {post.room}")
        known = self._keys.get(post.key)
        if known is not None:
            return Appended(known, repeated=True)
        number = self._counters.get(post.room, 0) + 1
        stored = StoredPost(
            post.room, number, post.author, post.author_name, post.text, post.at, rtf=post.rtf, alert=post.alert
        )
        self._counters[post.room] = number
        self._keys[post.key] = stored
        if post.logged:
            self._posts.setdefault(post.room, []).append(stored)
        said = _words(stored) if post.by is None else _words(stored) | {"by": post.by}
        event = OutboxEvent(EventKind.CHAT, post.room, post.author, post.at, said)
        if post.record is not None:
            self._audit(post.record(number))
        self._archive(event, number, event.detail)
        return Appended(stored, repeated=False)

    def _archive_removal(self, post: StoredPost, by: str, at: Micros, replacement: str | None) -> None:
        detail = {**_words(post), "author": post.author, "posted_at": post.at}
        kind = EventKind.CHATDELETE
        if replacement is not None:
            detail["replacement"] = replacement
            kind = EventKind.CHATREPLACE
        self._archive(OutboxEvent(kind, post.room, by, at, detail), post.chat_id, detail)

    def _archive(self, event: OutboxEvent, chat_id: int | None, detail: Mapping[str, object]) -> None:
        self._outbox_id += 1
        row = OutboxRow(self._outbox_id, event.kind, event.room, event.who, event.at, chat_id, detail)
        self._outbox.append(row)


def _words(post: StoredPost) -> dict[str, object]:
    return {"name": post.author_name, "text": post.text, "rtf": post.rtf, "alert": post.alert}
