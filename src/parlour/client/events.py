"""What a client hears without asking, and the bounded queue in which it waits to be read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TypeAlias

from parlour.client.errors import ClientError
from parlour.xccos.types import GroupChat, Invitation, UserInfo

__all__ = [
    "ConnectionLost",
    "ConnectionResumed",
    "Event",
    "EventQueue",
    "EventsDropped",
    "Invited",
    "MessageHeard",
    "MessagesMissed",
    "PersonJoined",
    "PersonParted",
    "PostRefused",
    "RemovedFromRoom",
    "RoomEvent",
]


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """A message was posted, perhaps by ourselves. Of one room they come in the order of `chat_id`, each once.
    `recovered`: it was posted while we were away and fetched from history."""

    room_uri: str
    message: GroupChat
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class PersonJoined:
    """Somebody entered. `mask` is the permission mask (docs/protocol/xccos.md, Masks)."""

    room_uri: str
    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class PersonParted:
    """Somebody left."""

    room_uri: str
    user_uri: str


@dataclass(frozen=True, slots=True)
class RemovedFromRoom:
    """We are not in this room any more, and did not ask for it. `error` tells why where it is known: after an outage
    the room could not be entered again."""

    room_uri: str
    error: ClientError | None = None


@dataclass(frozen=True, slots=True)
class MessagesMissed:
    """More was posted during an outage than history gave: messages numbered above `after` and below `before` were not
    heard. Another server than Parlour may leave out numbers, so that nothing was."""

    room_uri: str
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class PostRefused:
    """A post that had been taken was refused afterwards. Servers other than Parlour do that."""

    room_uri: str
    error: ClientError


@dataclass(frozen=True, slots=True)
class Invited:
    """We may now enter a room."""

    invitation: Invitation


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """We are away; the client tries to come back."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionResumed:
    """We are back, in these rooms; what was missed follows or has been told."""

    room_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """The reader was too slow: this many events were dropped here."""

    count: int


RoomEvent: TypeAlias = (
    MessageHeard | PersonJoined | PersonParted | RemovedFromRoom | MessagesMissed | PostRefused | EventsDropped
)
Event: TypeAlias = RoomEvent | Invited | ConnectionLost | ConnectionResumed


class EventQueue:
    """Events for one reader. Full, it drops the oldest and says how many: it never blocks who puts."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._events: deque[Event] = deque()
        self._dropped = 0
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False
        self._error: ClientError | None = None

    def __len__(self) -> int:
        return len(self._events)

    def put(self, event: Event) -> None:
        if self._closed:
            return
        if len(self._events) >= self._limit:
            self._events.popleft()
            self._dropped += 1
        self._events.append(event)
        self._wake()

    def close(self, error: ClientError | None = None) -> None:
        """No more will come: readers read what is there, and then end or get `error`."""
        if not self._closed:
            self._closed = True
            self._error = error
            self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def get(self) -> Event | None:
        """The next event; None when the queue is closed and empty. Raises RuntimeError for a second reader."""
        while not self._events and not self._closed:
            if self._waiter is not None:
                raise RuntimeError("these events are being read elsewhere")
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            return EventsDropped(dropped)
        if self._events:
            return self._events.popleft()
        if self._error is not None:
            raise self._error
        return None

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.get()) is not None:
            yield event
