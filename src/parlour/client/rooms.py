"""A room that we are in: what is known of it, what is heard in it, and what can be done there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import TYPE_CHECKING, cast

from parlour.client.errors import EventsLost
from parlour.client.events import EventQueue, EventsDropped, MessageHeard, MessagesMissed, RoomEvent
from parlour.client.heard import Heard
from parlour.xccos.types import GroupChat, JoinedRoom, RoomInfo, Seat

if TYPE_CHECKING:
    from parlour.client.connect import Client

__all__ = ["Room"]


class Room:
    """Returned by `Client.join`. What happens in the room is held from that moment on, up to `ClientSettings.events`
    events, and given to one reader: `messages` and `events` take from the same store."""

    def __init__(self, client: Client, joined: JoinedRoom, heard: Heard, limit: int) -> None:
        self._client = client
        self._queue = EventQueue(limit)
        self._people: dict[str, Seat] = {}
        self.heard = heard
        self.info: RoomInfo = joined.room
        self.inside = True
        self.seat(joined)

    @property
    def uri(self) -> str:
        return self.info.uri

    @property
    def name(self) -> str:
        return self.info.name

    @property
    def people(self) -> tuple[Seat, ...]:
        """Who is in the room, as far as told: of a large room servers tell us ourselves only."""
        return tuple(self._people.values())

    async def post(self, text: str, *, rtf: str | None = None, alert: bool = False) -> None:
        """Post. When this returns, the message is kept, once, whatever happened on the way. Raises ClientError."""
        await self._client.post(self, text, rtf=rtf, alert=alert)

    async def recent_history(self, count: int | None = None) -> tuple[GroupChat, ...]:
        """The newest messages, oldest first; without `count` as many as the server likes. Raises ClientError."""
        return await self._client.recent_history(self, count)

    async def part(self) -> None:
        """Leave. Readers of the room's events come to their end. Raises ClientError."""
        await self._client.part(self)

    async def events(self) -> AsyncIterator[RoomEvent]:
        """What happens here, until we leave or are removed. Raises ClientError when the client has given up."""
        async for event in self._queue:
            yield cast("RoomEvent", event)

    async def messages(self) -> AsyncIterator[GroupChat]:
        """The messages among `events`. Raises EventsLost where some are missing, because they were not read in time or
        an outage was too long; a new `messages()` goes on after them."""
        async for event in self._queue:
            if isinstance(event, MessageHeard):
                yield event.message
            elif isinstance(event, EventsDropped):
                raise EventsLost(event.count, "events were dropped: they were not read in time")
            elif isinstance(event, MessagesMissed):
                raise EventsLost(event.before - event.after - 1, "messages were posted while we were away")

    # -- for the client ------------------------------------------------------------------------------------------

    @property
    def queue(self) -> EventQueue:
        """Where the room's events wait; for the client."""
        return self._queue

    def seat(self, joined: JoinedRoom) -> None:
        """The answer to a join command tells everything anew; for the client."""
        self.info = joined.room
        self._people = {seat.user.uri.lower(): seat for seat in joined.seats}

    def enter(self, seat: Seat) -> None:
        """Somebody came; for the client."""
        self._people[seat.user.uri.lower()] = seat

    def leave(self, uris: Iterable[str]) -> None:
        """People went; for the client."""
        for uri in uris:
            self._people.pop(uri.lower(), None)

    def __repr__(self) -> str:
        return f"<Room {self.name!r} {self.uri}>"
