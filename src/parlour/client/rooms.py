"""A room that we are in: what is known of it, what is heard in it, and what can be done there."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Unpack, cast

from parlour.client.errors import EventsLost
from parlour.client.event_queue import EventQueue
from parlour.client.events import EventsDropped, MessageHeard, MessagesMissed, RoomEvent
from parlour.client.heard import Heard
from parlour.client.history import MessageStream
from parlour.client.managing import NewSettings, Role
from parlour.client.messages import Wanted
from parlour.client.naming import When
from parlour.xccos.types import (
    GroupChat,
    JoinedRoom,
    Permissions,
    RoomCard,
    RoomInfo,
    Seat,
    TransferToken,
    Unread,
    UserInfo,
)

if TYPE_CHECKING:
    from parlour.client.connect import Client

__all__ = ["Room"]


class Room:
    """Returned by `Client.join`. What happens in the room is held from that moment on, up to `ClientSettings.events`
    events, and given to one reader: `messages` and `events` take from the same store. Every command raises
    ClientError."""

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
        """Who is in the room, as far as told: of a large room servers tell us ourselves only; ask `participants`."""
        return tuple(self._people.values())

    # -- being here --------------------------------------------------------------------------------------------

    async def post(self, text: str, *, title: str | None = None, rtf: str | None = None, alert: bool = False) -> None:
        """Post; with a `title`, a story. When this returns, the message is kept, once, whatever happened on the way."""
        await self._client.post(self, text, title=title, rtf=rtf, alert=alert)

    async def part(self) -> None:
        """Leave. Readers of the room's events come to their end."""
        await self._client.part(self)

    async def participants(self) -> tuple[Seat, ...]:
        """Everybody who is here, in a large room too."""
        return await self._client.participants(self)

    async def permissions(self) -> Permissions:
        """What we may do here."""
        return await self._client.permissions(self)

    async def card(self) -> RoomCard:
        """All about the room, with its category and its last change."""
        return await self._client.room_card(self)

    # -- messages ----------------------------------------------------------------------------------------------

    async def recent_history(self, count: int | None = None) -> tuple[GroupChat, ...]:
        """The newest messages, oldest first; without `count` as many as the server likes."""
        return await self._client.messages.recent(self, count)

    def history(
        self,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
        **wanted: Unpack[Wanted],
    ) -> MessageStream:
        """Old messages, for `async for`, paged as they are read: those numbered above `after` and below `before`, at
        most `limit`."""
        return self._client.messages.history(self, after=after, before=before, limit=limit, **wanted)

    async def jump_to(self, moment: When, *, before: int = 10, after: int = 10) -> tuple[GroupChat, ...]:
        """What was said around a moment, oldest first."""
        return await self._client.messages.jump_to(self, moment, before=before, after=after)

    async def message(self, chat_id: int) -> GroupChat:
        """One message by its number. Raises MessageNotFound."""
        return await self._client.messages.get(self, chat_id)

    async def mark_read(self, chat_id: int) -> Unread:
        """We have read up to this message, on whatever device."""
        return await self._client.messages.mark_read(self, chat_id)

    async def unread(self) -> Unread:
        """How much we have not read."""
        return await self._client.messages.unread_in(self)

    async def delete_message(self, chat_id: int) -> None:
        """Take a message out of the history; for administrators, as the next two."""
        await self._client.messages.delete(self, chat_id)

    async def replace_message(self, chat_id: int, text: str = "") -> None:
        """Put another text in a message's place; without `text` the server has one."""
        await self._client.messages.replace(self, chat_id, text)

    async def purge(self, until: When) -> None:
        """Take all messages up to and including a moment out of the history."""
        await self._client.messages.purge(self, until)

    # -- managing ----------------------------------------------------------------------------------------------

    async def modify(
        self, *, name: str | None = None, expected: int | None = None, **settings: Unpack[NewSettings]
    ) -> RoomCard:
        """Change settings; `info` follows when the server tells everybody."""
        return await self._client.manage.modify_room(self, name=name, expected=expected, **settings)

    async def roles(self, *roles: Role) -> dict[str, tuple[UserInfo, ...]]:
        """Who stands in these roles, by role; without any, in all of them."""
        return await self._client.manage.roles(self, *roles)

    async def add_to_role(self, role: Role, *principals: str) -> None:
        """Give people or groups a role here."""
        await self._client.manage.add_to_role(self, role, *principals)

    async def remove_from_role(self, role: Role, *principals: str) -> None:
        """Take a role away."""
        await self._client.manage.remove_from_role(self, role, *principals)

    async def upload_token(self, file_name: str) -> TransferToken:
        """Permission to send a file into the room."""
        return await self._client.files.upload_token(self, file_name)

    async def download_token(self, file_name: str) -> TransferToken:
        """Permission to fetch a file of the room."""
        return await self._client.files.download_token(self, file_name)

    # -- what happens ------------------------------------------------------------------------------------------

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
        """Somebody came, or has a new mask; for the client."""
        with self._counting():
            self._people[seat.user.uri.lower()] = seat

    def leave(self, uris: Iterable[str]) -> None:
        """People went; for the client."""
        with self._counting():
            for uri in uris:
                self._people.pop(uri.lower(), None)

    @contextmanager
    def _counting(self) -> Iterator[None]:
        """The number of people stays true where all of them are known."""
        known = len(self._people) == self.info.participant_count
        yield
        if known:
            self.info = replace(self.info, participant_count=len(self._people))

    def __repr__(self) -> str:
        return f"<Room {self.name!r} {self.uri}>"
