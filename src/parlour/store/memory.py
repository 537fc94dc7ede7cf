"""A store that forgets when the process ends: for tests of the floors above, and for trying things out.

It passes the same exam as the durable homes. Two handles exist for tests: `unavailable` makes every write fail as a
full disk would, and `hold`/`release` keep posts waiting, to look at what happens between asking and keeping.
"""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from parlour.rooms.model import Category, CategoryId, Room, RoomId
from parlour.rooms.names import fold_name
from parlour.store.api import (
    Appended,
    DocumentConflict,
    EventKind,
    NewPost,
    OutboxEvent,
    OutboxRow,
    StoreConflict,
    StoredDocument,
    StoredPost,
    StoreUnavailable,
)
from parlour.store.checks import check_key

__all__ = ["MemoryDocuments", "MemoryPosts", "MemoryRooms", "MemoryStore"]

T = TypeVar("T")


class MemoryStore:
    """A `Store` in dictionaries. Closing and opening it again keeps what it holds."""

    def __init__(self) -> None:
        self.instance_id = str(uuid.uuid4())
        self.unavailable = False
        self.rooms = MemoryRooms(self)
        self.posts = MemoryPosts(self)
        self.documents = MemoryDocuments(self)

    async def open(self) -> None:
        """Nothing to do."""

    async def close(self) -> None:
        """Keep what waits."""
        self.posts.release()

    def check(self) -> None:
        """Raise `StoreUnavailable` when the test asked for it."""
        if self.unavailable:
            raise StoreUnavailable("switched off by a test")


class MemoryPosts:
    """Posts, their keys and the outbox. Commits happen one loop turn after the asking, as one batch."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
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

    async def outbox(self, after: int, count: int) -> list[OutboxRow]:
        """See `PostLog.outbox`."""
        return [row for row in self._outbox if row.id > after][: max(count, 0)]

    async def outbox_delete(self, up_to: int) -> None:
        """See `PostLog.outbox_delete`."""
        self._store.check()
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
            self._store.check()
            result = keep()
        except StoreUnavailable as refusal:
            if not future.done():
                future.set_exception(refusal)
        else:
            if not future.done():
                future.set_result(result)

    def _keep(self, post: NewPost) -> Appended:
        if post.room not in self._store.rooms.rooms:
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
        detail = {"name": post.author_name, "text": post.text, "rtf": post.rtf, "alert": post.alert}
        self._archive(OutboxEvent(EventKind.CHAT, post.room, post.author, post.at, detail), number, detail)
        return Appended(stored, repeated=False)

    def _archive(self, event: OutboxEvent, chat_id: int | None, detail: Mapping[str, object]) -> None:
        self._outbox_id += 1
        row = OutboxRow(self._outbox_id, event.kind, event.room, event.who, event.at, chat_id, detail)
        self._outbox.append(row)


class MemoryRooms:
    """Rooms and categories by their GUID, and who holds which name."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.rooms: dict[RoomId, Room] = {}
        self._categories: dict[CategoryId, Category] = {}
        self._names: dict[str, str] = {}

    async def load(self) -> tuple[Sequence[Category], Sequence[Room]]:
        """See `RoomStore.load`."""
        return list(self._categories.values()), list(self.rooms.values())

    async def save_category(self, category: Category) -> None:
        """See `RoomStore.save_category`."""
        self._store.check()
        if category.parent is not None and category.parent not in {*self._categories, category.id}:
            raise StoreConflict(f"no such category: {category.parent}")
        self._take_name(category.name, category.id)
        self._categories[category.id] = category

    async def save_room(self, room: Room) -> None:
        """See `RoomStore.save_room`."""
        self._store.check()
        if room.category not in self._categories:
            raise StoreConflict(f"no such category: {room.category}")
        self._take_name(room.name, room.id)
        self.rooms[room.id] = room

    async def delete_category(self, category: CategoryId) -> None:
        """See `RoomStore.delete_category`."""
        self._store.check()
        if any(room.category == category for room in self.rooms.values()):
            raise StoreConflict(f"category {category} still holds rooms")
        if any(child.parent == category for child in self._categories.values()):
            raise StoreConflict(f"category {category} still holds categories")
        self._categories.pop(category, None)
        self._drop_name(category)

    async def delete_room(self, room: RoomId) -> None:
        """See `RoomStore.delete_room`."""
        self._store.check()
        self.rooms.pop(room, None)
        self._store.posts.forget(room)
        self._drop_name(room)

    def _take_name(self, name: str, owner: str) -> None:
        folded = fold_name(name)
        if self._names.get(folded, owner) != owner:
            raise StoreConflict(f"the name {name!r} is taken")
        self._drop_name(owner)
        self._names[folded] = owner

    def _drop_name(self, owner: str) -> None:
        self._names = {name: holder for name, holder in self._names.items() if holder != owner}


class MemoryDocuments:
    """Documents by (owner, kind), then label."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._shelves: dict[tuple[str, str], dict[str, StoredDocument]] = {}

    async def get(self, owner: str, kind: str, label: str) -> StoredDocument | None:
        """See `Documents.get`."""
        return self._shelves.get((owner, kind), {}).get(label)

    async def all(self, owner: str, kind: str) -> Sequence[StoredDocument]:
        """See `Documents.all`."""
        shelf = self._shelves.get((owner, kind), {})
        return [shelf[label] for label in sorted(shelf)]

    async def put(self, owner: str, kind: str, label: str, content: bytes, expected: int | None = None) -> int:
        """See `Documents.put`."""
        self._store.check()
        shelf = self._shelves.setdefault((owner, kind), {})
        current = shelf[label].version if label in shelf else 0
        if expected is not None and expected != current:
            raise DocumentConflict(current)
        shelf[label] = StoredDocument(label, current + 1, bytes(content))
        return current + 1

    async def delete(self, owner: str, kind: str, label: str) -> None:
        """See `Documents.delete`."""
        self._store.check()
        self._shelves.get((owner, kind), {}).pop(label, None)
