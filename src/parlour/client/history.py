"""Old messages as one stream: asked for page by page, room by room, and given in the order of time.

A query scans in one direction. Its first page is asked for by time or by message, each later one from the last message
of the page before. Where a query begins at a message, servers look at no dates (docs/protocol/xccos.md, History), so
the other end of the stretch is watched here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal, TypeAlias

from parlour.client.courier import Courier
from parlour.client.errors import ChatError
from parlour.client.naming import failures
from parlour.client.replies import GatheredPages
from parlour.xccos.types import (
    GroupChat,
    HistoryByDate,
    HistoryByMessage,
    HistoryFilter,
    HistoryPage,
    HistoryPages,
    MatchWord,
)

__all__ = ["MATCHES", "HistoryQuery", "MessageMatch", "MessageStream", "portions"]

MessageMatch: TypeAlias = Literal["any", "all", "phrase"]
"""Which of the words a message must have."""

MATCHES: Final[Mapping[MessageMatch, MatchWord]] = {"any": "ANY", "all": "ALL", "phrase": "PHR"}
"""As the protocol has them (docs/protocol/xccos.md, bcbydate)."""
_PAGE: Final = 200
_SMALLEST_PAGE: Final = 20
_ROOMS_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Which messages. `since` and `until`, microseconds since 1970, are inclusive; `after` and `before` are message
    numbers, both excluded; `newest_first`: from the newest back to the oldest."""

    text: str = ""
    match: MessageMatch = "any"
    match_case: bool = False
    authors: tuple[str, ...] = ()
    since: int | None = None
    until: int | None = None
    after: int | None = None
    before: int | None = None
    newest_first: bool = False

    def page(self, anchor: int | None, limit: int) -> HistoryFilter:
        """What to ask the server for; `anchor` None: the first page, where no message begins it."""
        return HistoryFilter(
            words=self.text,
            match=MATCHES[self.match],
            match_case=self.match_case,
            authors=self.authors,
            since=None if anchor is not None else self.since,
            until=None if anchor is not None else self.until,
            anchor=anchor,
            limit=limit,
            newest_first_scan=self.newest_first,
        )

    @property
    def beginning(self) -> int | None:
        """The message at which the scan begins."""
        return self.before if self.newest_first else self.after

    def has(self, message: GroupChat) -> bool:
        """Whether a message is between both ends."""
        number, at = message.chat_id or 0, message.at or 0
        return (
            (self.since is None or at >= self.since)
            and (self.until is None or at <= self.until)
            and (self.after is None or number > self.after)
            and (self.before is None or number < self.before)
        )

    def is_past(self, message: GroupChat) -> bool:
        """Whether nothing after this one, in the order of the scan, can be between both ends."""
        number, at = message.chat_id or 0, message.at or 0
        if self.newest_first:
            return (self.since is not None and at < self.since) or (self.after is not None and number <= self.after + 1)
        return (self.until is not None and at > self.until) or (self.before is not None and number >= self.before - 1)


class _Cursor:
    """Where a scan is in one room."""

    def __init__(self, room_uri: str, query: HistoryQuery) -> None:
        self.room_uri = room_uri
        self.anchor = query.beginning
        self.waiting: deque[GroupChat] = deque()
        self.more = True
        self.unfinished = False
        self._query = query

    @property
    def begun(self) -> bool:
        """Whether there was a message yet."""
        return self.anchor != self._query.beginning

    def take(self, page: HistoryPage, *, shared: bool = False) -> None:
        """The next page, in whatever order it is shown; `shared`: it was asked for together with those of other rooms.

        An empty one may be no end: there is nothing among as many texts as a server looks at for one command
        (docs/protocol/xccos.md, bcbydate). Asked for alone, a room has all of these."""
        messages = sorted(page.messages, key=_number, reverse=self._query.newest_first)
        self.waiting.extend(message for message in messages if self._query.has(message))
        last = messages[-1] if messages else None
        goes_on = page.truncated and not (last is not None and self._query.is_past(last))
        self.more = goes_on and (shared if last is None else last.chat_id is not None)
        self.unfinished = goes_on and not self.more
        if last is not None:
            self.anchor = last.chat_id


def _number(message: GroupChat) -> int:
    return message.chat_id or 0


def portions(room_uris: Sequence[str]) -> list[tuple[str, ...]]:
    """Rooms as one command can name them, in shares of about the same size: a command that names one room only would
    be refused with it."""
    count = -(-len(room_uris) // _ROOMS_AT_ONCE)
    edges = [len(room_uris) * number // max(count, 1) for number in range(count + 1)]
    return [tuple(room_uris[start:end]) for start, end in pairwise(edges)]


class MessageStream:
    """Messages of some rooms, for `async for`; of several rooms in the order of time. Nothing is asked before the first
    one is wanted, and no page before it is needed; used again, it asks anew.

    Reading raises ClientError: of a single room also its refusal. Of several rooms, those that may not be read are left
    out and stand in `failed`."""

    def __init__(
        self, courier: Courier, room_uris: Sequence[str], query: HistoryQuery, limit: int | None = None
    ) -> None:
        self._courier = courier
        self._rooms = tuple(dict.fromkeys(room_uris))
        self._query = query
        self._limit = limit
        self._page = max(_PAGE // max(len(self._rooms), 1), _SMALLEST_PAGE)
        self.failed: dict[str, ChatError] = {}
        """Why rooms are left out, by their URIs: known from the first message on, but for a room that may no longer be
        read when its next page is asked for."""
        self.matches = 0
        """How many messages fit in all, as far as the server counts; of a query that begins at a message, from there
        on. Known from the first message on."""
        self.unfinished: tuple[str, ...] = ()
        """Rooms in which reading ended although there may be more, by their URIs: the server found nothing among as
        many messages as it looks at for one command. Known when the stream has ended."""

    async def __aiter__(self) -> AsyncIterator[GroupChat]:
        left = self._limit
        if left is not None and left <= 0:
            return
        cursors = await self._begin()
        while (message := await self._next(cursors)) is not None:
            yield message
            if left is not None:
                left -= 1
                if left == 0:
                    return

    async def collect(self) -> tuple[GroupChat, ...]:
        """All of them at once."""
        return tuple([message async for message in self])

    async def _begin(self) -> list[_Cursor]:
        self.failed = {}
        self.matches = 0
        self.unfinished = ()
        cursors = {uri: _Cursor(uri, self._query) for uri in self._rooms}
        for rooms in portions(self._rooms):
            answer = await self._ask(rooms, self._query.beginning)
            self.failed.update(failures(answer.failed))
            told = {page.room_uri: page for page in answer.pages}
            for uri in rooms:
                page = told.get(uri, HistoryPage(uri, ()))
                self._give(cursors[uri], page, shared=len(rooms) > 1)
        return list(cursors.values())

    async def _next(self, cursors: list[_Cursor]) -> GroupChat | None:
        for cursor in cursors:
            while cursor.more and not cursor.waiting:
                self._give(cursor, await self._turn_page(cursor))
        ready = [cursor for cursor in cursors if cursor.waiting]
        if not ready:
            return None
        choose = max if self._query.newest_first else min
        return choose(ready, key=lambda cursor: cursor.waiting[0].at or 0).waiting.popleft()

    def _give(self, cursor: _Cursor, page: HistoryPage, *, shared: bool = False) -> None:
        if not cursor.begun:
            self.matches += page.matches
        cursor.take(page, shared=shared)
        if cursor.unfinished:
            self.unfinished += (cursor.room_uri,)

    async def _turn_page(self, cursor: _Cursor) -> HistoryPage:
        """The next page of one room; of several rooms, one that may no longer be read ends here."""
        try:
            answer = await self._ask((cursor.room_uri,), cursor.anchor)
        except ChatError as refusal:
            if len(self._rooms) == 1:
                raise
            self.failed[cursor.room_uri] = refusal
            return HistoryPage(cursor.room_uri, ())
        return answer.pages[0] if answer.pages else HistoryPage(cursor.room_uri, ())

    async def _ask(self, rooms: tuple[str, ...], anchor: int | None) -> HistoryPages:
        limit = self._page if self._limit is None else min(self._page, self._limit)
        asked = self._query.page(anchor, limit)
        kind = HistoryByDate if anchor is None else HistoryByMessage
        only = rooms[0] if len(rooms) == 1 else ""
        return await self._courier.ask_in_pieces(kind(1, rooms, asked), lambda: GatheredPages(only))
