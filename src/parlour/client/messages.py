"""Messages that are there: reading them back, marking them as read, taking them away. `Client.messages`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypedDict, Unpack

from parlour.client.courier import Courier
from parlour.client.errors import InvalidArgument, MessageNotFound
from parlour.client.history import MATCHES, HistoryQuery, MessageMatch, MessageStream, portions
from parlour.client.naming import (
    RoomLike,
    When,
    check_keywords,
    failures,
    micros,
    room_uri_of,
    rooms_of,
    uris_of,
)
from parlour.client.replies import GatheredHistory, GatheredPages
from parlour.xccos.types import (
    DeleteMessage,
    GetUnread,
    GroupChat,
    HistoryByMessage,
    HistoryFilter,
    MarkRead,
    MessageRef,
    Purged,
    PurgeRoom,
    RecentHistory,
    ReplaceMessage,
    Unread,
    UnreadCounts,
)

__all__ = ["Messages", "Wanted"]


class Wanted(TypedDict, total=False):
    """Which messages: those that have all that is given."""

    text: str
    """Words, separated by blanks."""
    match: MessageMatch
    """`any` of the words (the default), `all`, or the whole text as a `phrase`."""
    match_case: bool
    authors: Sequence[str]
    """`sip:` URIs; messages of any of them."""
    since: When
    until: When
    """Moments, both inclusive."""
    newest_first: bool
    """From the newest back to the oldest. Default: from the oldest on."""


class Messages:
    """Reading needs no joining, only the right to. Every method raises ClientError, and TypeError or ValueError for
    arguments that only a mistake of the program can give."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    # -- reading -----------------------------------------------------------------------------------------------

    async def recent(self, room: RoomLike, count: int | None = None) -> tuple[GroupChat, ...]:
        """The newest messages, oldest first; without `count` as many as the server likes."""
        uri = room_uri_of(room)
        return await self._courier.ask_in_pieces(RecentHistory(1, uri, count), lambda: GatheredHistory(uri, count))

    def history(
        self,
        room: RoomLike,
        *,
        after: int | None = None,
        before: int | None = None,
        limit: int | None = None,
        **wanted: Unpack[Wanted],
    ) -> MessageStream:
        """Messages of one room, for `async for`, paged as they are read: those numbered above `after` and below
        `before`, at most `limit`."""
        check_keywords(wanted, Wanted)
        return MessageStream(self._courier, [room_uri_of(room)], _query(wanted, after, before), limit)

    def search(
        self, rooms: RoomLike | Iterable[RoomLike], *, limit: int | None = None, **wanted: Unpack[Wanted]
    ) -> MessageStream:
        """Messages of one or many rooms in the order of time, at most `limit`. Of several, those that may not be read
        are in its `failed`."""
        numbered = wanted.keys() & {"after", "before"}
        hint = "messages have numbers in one room only: see Room.history and messages.history" if numbered else ""
        check_keywords(wanted, Wanted, hint)
        return MessageStream(self._courier, [room_uri_of(room) for room in rooms_of(rooms)], _query(wanted), limit)

    async def jump_to(
        self, room: RoomLike, moment: When, *, before: int = 10, after: int = 10
    ) -> tuple[GroupChat, ...]:
        """What was said around a moment, oldest first: up to `before` messages from before it and up to `after` from
        then on."""
        at = micros(moment) or 0
        earlier = await self.history(room, until=at - 1, newest_first=True, limit=before).collect()
        later = await self.history(room, since=at, limit=after).collect()
        return (*reversed(earlier), *later)

    async def get(self, room: RoomLike, chat_id: int) -> GroupChat:
        """One message by its number. Raises MessageNotFound."""
        uri = room_uri_of(room)
        command = HistoryByMessage(1, (uri,), HistoryFilter(anchor=chat_id, only_anchor=True))
        answer = await self._courier.ask_in_pieces(command, lambda: GatheredPages(uri))
        for page in answer.pages:
            for message in page.messages:
                if message.chat_id == chat_id:
                    return message
        raise MessageNotFound(room=uri)

    # -- marks -------------------------------------------------------------------------------------------------

    async def mark_read(self, room: RoomLike, chat_id: int) -> Unread:
        """We have read the room up to this message, on whatever device; a mark never goes back. What is left unread."""
        uri = room_uri_of(room)
        answer = await self._courier.ask(MarkRead(1, uri, chat_id), UnreadCounts, uri)
        return _unread(answer, uri)

    async def unread(self, rooms: RoomLike | Iterable[RoomLike] = ()) -> UnreadCounts:
        """How much is unread in these rooms, asked for by up to 100; without any, in every room that has a mark."""
        uris = tuple(dict.fromkeys(room_uri_of(room) for room in rooms_of(rooms)))
        only = uris[0] if len(uris) == 1 else ""
        shares = portions(uris) or [()]
        answers = [await self._courier.ask_list(GetUnread(1, share), UnreadCounts, only) for share in shares]
        return UnreadCounts(
            tuple(one for answer in answers for one in answer.rooms),
            tuple(one for answer in answers for one in answer.failed),
        )

    async def unread_in(self, room: RoomLike) -> Unread:
        """How much is unread in one room."""
        uri = room_uri_of(room)
        return _unread(await self.unread([uri]), uri)

    # -- taking away; for administrators -----------------------------------------------------------------------

    async def delete(self, room: RoomLike, chat_id: int) -> None:
        """Take a message out of the history. Raises MessageNotFound, PermissionDenied."""
        uri = room_uri_of(room)
        await self._courier.ask(DeleteMessage(1, uri, chat_id), MessageRef, uri)

    async def replace(self, room: RoomLike, chat_id: int, text: str = "") -> None:
        """Put another text in a message's place; without `text` the server has one."""
        uri = room_uri_of(room)
        await self._courier.ask(ReplaceMessage(1, uri, chat_id, text), MessageRef, uri)

    async def purge(self, room: RoomLike, until: When) -> None:
        """Take all messages up to and including a moment out of the history."""
        uri = room_uri_of(room)
        await self._courier.ask(PurgeRoom(1, uri, micros(until) or 0), Purged, uri)


def _query(wanted: Wanted, after: int | None = None, before: int | None = None) -> HistoryQuery:
    match = wanted.get("match", "any")
    if match not in MATCHES:
        raise InvalidArgument(text=f"match is one of {', '.join(MATCHES)}, not {match!r}")
    return HistoryQuery(
        text=wanted.get("text", ""),
        match=match,
        match_case=wanted.get("match_case", False),
        authors=uris_of(wanted.get("authors", ())),
        since=micros(wanted.get("since")),
        until=micros(wanted.get("until")),
        after=after,
        before=before,
        newest_first=wanted.get("newest_first", False),
    )


def _unread(answer: UnreadCounts, uri: str) -> Unread:
    for error in failures(answer.failed).values():
        raise error
    return next((one for one in answer.rooms if one.room_uri == uri), Unread(uri, 0, 0))
