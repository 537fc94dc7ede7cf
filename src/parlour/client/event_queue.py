"""The bounded queue in which events wait to be read."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from parlour.client.errors import ClientError
from parlour.client.events import Event, EventsDropped

__all__ = ["EventQueue"]


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
                raise RuntimeError("these events are being read elsewhere: they have one reader at a time")
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
