"""Reading back. That somebody read is an act of its own, recorded before the reader gets anything; while the store
cannot write, reading goes on and its records are owed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.recording import Recorder
from parlour.hub.tails import Tails
from parlour.rooms.decisions import HISTORY_CAP, decide_history_size, decide_read
from parlour.rooms.model import Limits, Micros, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind, OutboxEvent, PostLog, StoredPost, StoreUnavailable

__all__ = ["History", "Reading"]

_NOT_KEPT = Refused(Refusal.UNAVAILABLE, "the store is not available; try again later")


@dataclass(frozen=True, slots=True)
class History:
    """Posts of a room, oldest first. `up_to`: nothing up to this chat_id need be told again to the reader (0: none).
    `logged` False: the room's category keeps no history."""

    room: RoomId
    posts: tuple[StoredPost, ...]
    up_to: int
    logged: bool


class Reading:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        recorder: Recorder,
        posts: PostLog,
        tails: Tails,
        limits: Limits,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._recorder = recorder
        self._posts = posts
        self._tails = tails
        self._limits = limits
        self._clock_us = clock_us

    async def recent(self, person: Person, room_id: RoomId, count: int | None) -> History | Refused:
        """The newest posts, as many as asked within `Limits.default_history`. The reader need not be in the room."""
        refused = self._may_read(person, room_id)
        if refused is not None:
            return refused
        size = decide_history_size(count, self._limits)
        return await self._read(person.uri, room_id, lambda: self._tails.newest(room_id, size))

    async def before(self, person: Person, room_id: RoomId, chat_id: int, count: int | None) -> History | Refused:
        """A page of older posts, ending just before `chat_id`."""
        refused = self._may_read(person, room_id)
        if refused is not None:
            return refused
        size = decide_history_size(count, self._limits)
        return await self._read(person.uri, room_id, lambda: self._posts.before(room_id, chat_id, size))

    async def inspect(self, who: str, room_id: RoomId, count: int) -> History | Refused:
        """The newest posts for an administrator, whatever the room's lists say; recorded like any reading."""
        size = max(0, min(count, HISTORY_CAP))
        return await self._read(who, room_id, lambda: self._posts.last(room_id, size) if size else _nothing())

    def _may_read(self, person: Person, room_id: RoomId) -> Refused | None:
        seen = self._gate.look(room_id, person)
        return seen if isinstance(seen, Refused) else decide_read(*seen)

    async def _read(
        self, who: str, room_id: RoomId, fetch: Callable[[], Awaitable[list[StoredPost]]]
    ) -> History | Refused:
        logged = self._catalogue.categories[self._catalogue.rooms[room_id].category].logged
        try:
            posts = await fetch() if logged else []
        except StoreUnavailable:
            return _NOT_KEPT
        up_to = posts[-1].chat_id if posts else 0
        if not await self._recorder.keep_or_owe(self._record(who, room_id, posts)):
            return _NOT_KEPT
        return History(room_id, tuple(posts), up_to, logged)

    def _record(self, who: str, room_id: RoomId, posts: list[StoredPost]) -> OutboxEvent:
        detail: dict[str, object] = {"count": len(posts)}
        if posts:
            detail |= {"first": posts[0].chat_id, "last": posts[-1].chat_id}
        return OutboxEvent(EventKind.BACKCHAT, room_id, who, Micros(self._clock_us()), detail)


async def _nothing() -> list[StoredPost]:
    return []
