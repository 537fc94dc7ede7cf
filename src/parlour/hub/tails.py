"""The newest posts of recently used rooms, kept in memory so that entering a room costs no query.

All posts pass through the hub, so that a tail once loaded stays true by appending. Rooms used longest ago are
forgotten when too many, or too large, texts are held.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable

from parlour.rooms.model import RoomId
from parlour.store.api import StoredPost

__all__ = ["Tails", "weight_of"]


class _Tail:
    __slots__ = ("chars", "loading", "posts")

    def __init__(self, length: int) -> None:
        self.posts: deque[StoredPost] = deque(maxlen=length)
        self.chars = 0
        self.loading: asyncio.Task[None] | None = None

    def append(self, post: StoredPost) -> int:
        """Returns by how many characters the tail grew. A post that a load has already brought is left out."""
        if self.posts and post.chat_id <= self.posts[-1].chat_id:
            return 0
        before = self.chars
        if len(self.posts) == self.posts.maxlen:
            self.chars -= weight_of(self.posts[0])
        self.posts.append(post)
        self.chars += weight_of(post)
        return self.chars - before


class Tails:
    """`load(room, count)` fetches the newest `count` posts, oldest first. `length` posts are held per room, for at most
    `rooms` rooms and about `chars` characters of text in all."""

    def __init__(
        self,
        load: Callable[[RoomId, int], Awaitable[list[StoredPost]]],
        *,
        length: int,
        rooms: int = 4096,
        chars: int = 64 * 1024 * 1024,
    ) -> None:
        self._load = load
        self._length = length
        self._most_rooms = rooms
        self._most_chars = chars
        self._tails: OrderedDict[RoomId, _Tail] = OrderedDict()
        self._chars = 0

    def append(self, post: StoredPost) -> None:
        """A post was kept. Costs nothing for a room whose tail is not held."""
        tail = self._tails.get(post.room)
        if tail is not None:
            self._chars += tail.append(post)

    def holds(self, room: RoomId) -> bool:
        """True if reading the newest posts of the room asks nothing of the store."""
        tail = self._tails.get(room)
        return tail is not None and tail.loading is None

    def forget(self, room: RoomId) -> None:
        """The room's posts changed otherwise than by a new one."""
        tail = self._tails.pop(room, None)
        if tail is not None:
            self._chars -= tail.chars

    async def newest(self, room: RoomId, count: int) -> list[StoredPost]:
        """The newest `count` posts, oldest first, at most `length`. Raises what `load` raises."""
        tail = self._tails.get(room)
        if tail is None:
            tail = self._tails[room] = _Tail(self._length)
            tail.loading = asyncio.create_task(self._fill(room, tail))
            tail.loading.add_done_callback(_look_at)
            self._make_room(room)
        else:
            self._tails.move_to_end(room)
        if tail.loading is not None:
            # Shielded: other readers wait for the same load.
            await asyncio.shield(tail.loading)
        posts = tail.posts
        return list(posts) if count >= len(posts) else [posts[index] for index in range(len(posts) - count, len(posts))]

    async def _fill(self, room: RoomId, tail: _Tail) -> None:
        try:
            loaded = await self._load(room, self._length)
        except BaseException:
            if self._tails.get(room) is tail:
                self.forget(room)
            raise
        # Posts kept while the load was under way are in the tail already; `append` leaves out what the load has too.
        fresh = list(tail.posts)
        before = tail.chars
        tail.posts.clear()
        tail.chars = 0
        for post in (*loaded, *fresh):
            tail.append(post)
        tail.loading = None
        if self._tails.get(room) is tail:
            self._chars += tail.chars - before
            self._make_room(room)

    def _make_room(self, newest: RoomId) -> None:
        while len(self._tails) > 1 and (len(self._tails) > self._most_rooms or self._chars > self._most_chars):
            room, tail = next(iter(self._tails.items()))
            if room == newest:
                return
            self._tails.popitem(last=False)
            self._chars -= tail.chars


def weight_of(post: StoredPost) -> int:
    """About how many characters a post is, with what is around its text."""
    return len(post.text) + len(post.rtf or "") + 200


def _look_at(task: asyncio.Task[None]) -> None:
    # The readers raise what went wrong; when none is left, nobody needs to be warned about it.
    if not task.cancelled():
        task.exception()
