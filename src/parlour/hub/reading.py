"""Reading back and searching. That somebody read is an act of its own, recorded before the reader gets anything; while
the store cannot write, reading goes on and its records are owed. Reads that go to the store take turns by person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.recording import Recorder
from parlour.hub.refusals import NO_MESSAGE, NOT_KEPT
from parlour.hub.tails import Tails, weight_of
from parlour.hub.turns import FairTurns
from parlour.rooms.decisions import (
    HIGHEST_NUMBER,
    HISTORY_CAP,
    decide_history_size,
    decide_page_size,
    decide_query,
    decide_read,
    no_such_room,
    within_reach,
)
from parlour.rooms.history import MOST_EXAMINED, Page, PostQuery
from parlour.rooms.model import Limits, Micros, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import EventKind, FoundPosts, OutboxEvent, PostLog, StoredPost, StoreUnavailable

__all__ = ["ANSWER_CHARS", "History", "HistoryPage", "Reading", "what_fits"]

ANSWER_CHARS = 3 * 1024 * 1024
"""About how many characters one answer has at most, however many messages were asked for: what a door can say at once.
Each room of a query has an equal share, and one message at least."""


@dataclass(frozen=True, slots=True)
class History:
    """Posts of a room, oldest first. `up_to`: nothing up to this chat_id need be told again to the reader (0: none).
    `logged` False: the room's category keeps no history."""

    room: RoomId
    posts: tuple[StoredPost, ...]
    up_to: int
    logged: bool


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """What fits a query in one room, oldest first. `matches` counts all that fit, as far as stores count; `more`: some
    of them are not on the page, or not all that may fit was looked at. `logged` as in `History`; `examined` as in
    `Page`."""

    room: RoomId
    posts: tuple[StoredPost, ...]
    matches: int
    more: bool
    logged: bool
    examined: int = 0


class Reading:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        recorder: Recorder,
        posts: PostLog,
        tails: Tails,
        turns: FairTurns,
        limits: Limits,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._recorder = recorder
        self._posts = posts
        self._tails = tails
        self._turns = turns
        self._limits = limits
        self._clock_us = clock_us

    # --- the newest, and pages

    async def recent(self, person: Person, room_id: RoomId, count: int | None) -> History | Refused:
        """The newest posts, as many as asked within `Limits.default_history`. The reader need not be in the room."""
        size = decide_history_size(count, self._limits)
        return await self._page(
            person, room_id, lambda: self._tails.newest(room_id, size), in_turn=not self._tails.holds(room_id)
        )

    async def before(self, person: Person, room_id: RoomId, chat_id: int, count: int | None) -> History | Refused:
        """A page of older posts, ending just before `chat_id`."""
        size = decide_history_size(count, self._limits)
        number = max(0, min(chat_id, HIGHEST_NUMBER))
        return await self._page(person, room_id, lambda: self._posts.before(room_id, number, size))

    async def inspect(self, who: str, room_id: RoomId, count: int) -> History | Refused:
        """The newest posts for an administrator, whatever the room's lists say; recorded like any reading."""
        size = max(0, min(count, HISTORY_CAP))

        async def fetch() -> list[StoredPost]:
            return await self._posts.last(room_id, size) if size else []

        async def read() -> History | Refused:
            known = room_id in self._catalogue.rooms
            return await self._read(who, room_id, fetch) if known else no_such_room()

        return await self._turns.run(who, read)

    async def _page(
        self, person: Person, room_id: RoomId, fetch: Callable[[], Awaitable[list[StoredPost]]], in_turn: bool = True
    ) -> History | Refused:
        refused = self._may_read(person, room_id)
        if refused is not None:
            return refused
        if not in_turn:
            return await self._read(person.uri, room_id, fetch)

        async def read() -> History | Refused:
            # Asked again after the wait: the right may have been lost meanwhile.
            return self._may_read(person, room_id) or await self._read(person.uri, room_id, fetch)

        return await self._turns.run(person.uri, read)

    async def _read(
        self, who: str, room_id: RoomId, fetch: Callable[[], Awaitable[list[StoredPost]]]
    ) -> History | Refused:
        logged = self._logged(room_id)
        try:
            posts = what_fits(await fetch(), ANSWER_CHARS, newest=True) if logged else ()
        except StoreUnavailable:
            return NOT_KEPT
        up_to = posts[-1].chat_id if posts else 0
        if not await self._recorder.keep_or_owe(self._record(who, room_id, posts)):
            return NOT_KEPT
        return History(room_id, tuple(posts), up_to, logged)

    # --- queries

    async def query(
        self, person: Person, rooms: Sequence[RoomId], query: PostQuery, limit: int | None
    ) -> list[HistoryPage | Refused]:
        """One answer for each room, in the order asked; a room that cannot be read has its own refusal and does not
        spoil the others. More than `Limits.rooms_per_query` rooms, or too much to look for: LIMIT_EXCEEDED for all."""
        most = self._limits.rooms_per_query
        if len(rooms) > most:
            return [Refused(Refusal.LIMIT_EXCEEDED, f"a query looks into at most {most} rooms")] * len(rooms)
        decided = decide_query(query)
        if isinstance(decided, Refused):
            return [decided] * len(rooms)
        share = ANSWER_CHARS // max(1, len(rooms))
        answers: dict[RoomId, HistoryPage | Refused] = {}
        unexamined = MOST_EXAMINED
        for left, room in zip(range(len(set(rooms)), 0, -1), dict.fromkeys(rooms), strict=True):
            # What a room does not need is there for those after it.
            its_share = replace(decided, examine_to=unexamined // left)
            answer = answers[room] = await self._query_one(person, room, its_share, limit, share)
            unexamined -= 0 if isinstance(answer, Refused) else answer.examined
        return [answers[room] for room in rooms]

    async def _query_one(
        self, person: Person, room_id: RoomId, query: PostQuery, limit: int | None, share: int
    ) -> HistoryPage | Refused:
        refused = self._may_read(person, room_id)
        if refused is not None:
            return refused

        async def find() -> HistoryPage | Refused:
            return self._may_read(person, room_id) or await self._find(person.uri, room_id, query, limit, share)

        return await self._turns.run(person.uri, find)

    async def messages(self, person: Person, rooms: Sequence[RoomId], chat_id: int) -> list[HistoryPage | Refused]:
        """The one message of this number in each room, as it reads now; NO_SUCH_MESSAGE where it is not kept (any
        more). Otherwise as `query`."""
        number = min(chat_id, HIGHEST_NUMBER - 1)
        pages = await self.query(person, rooms, PostQuery(after=number - 1, before=number + 1), 1)
        return [page if isinstance(page, Refused) or page.posts else NO_MESSAGE for page in pages]

    async def inspect_query(
        self, who: str, room_id: RoomId, query: PostQuery, limit: int | None
    ) -> HistoryPage | Refused:
        """A query for an administrator's eyes, whatever the room's lists say; recorded like any other."""

        decided = decide_query(query)
        if isinstance(decided, Refused):
            return decided

        async def find() -> HistoryPage | Refused:
            known = room_id in self._catalogue.rooms
            return await self._find(who, room_id, decided, limit, ANSWER_CHARS) if known else no_such_room()

        return await self._turns.run(who, find)

    async def content_size(self, who: str, room_id: RoomId) -> int | Refused:
        """Bytes that the messages of a room take, for administrators. No message is read by it, and none recorded."""

        async def measure() -> int | Refused:
            try:
                return await self._posts.size(room_id)
            except StoreUnavailable:
                return NOT_KEPT

        return await self._turns.run(who, measure)

    async def _find(
        self, who: str, room_id: RoomId, query: PostQuery, limit: int | None, share: int
    ) -> HistoryPage | Refused:
        logged = self._logged(room_id)
        size = decide_page_size(limit, self._limits)
        try:
            found = await self._posts.find(room_id, within_reach(query), size) if logged else _NONE_FOUND
        except StoreUnavailable:
            return NOT_KEPT
        posts = what_fits(found.posts, share, query.newest_first)
        if not await self._recorder.keep_or_owe(self._record(who, room_id, posts, query)):
            return NOT_KEPT
        more = found.page.more or len(posts) < len(found.posts)
        return HistoryPage(room_id, tuple(posts), found.page.matches, more, logged, found.page.examined)

    # --- both

    def _may_read(self, person: Person, room_id: RoomId) -> Refused | None:
        seen = self._gate.look(room_id, person)
        return seen if isinstance(seen, Refused) else decide_read(*seen)

    def _logged(self, room_id: RoomId) -> bool:
        return self._catalogue.switches(self._catalogue.rooms[room_id].category).logged

    def _record(
        self, who: str, room_id: RoomId, posts: Sequence[StoredPost], query: PostQuery | None = None
    ) -> OutboxEvent:
        """What the archive keeps of it: which messages, and what was asked for; not the messages again."""
        detail: dict[str, object] = {"count": len(posts)}
        if posts:
            detail |= {"first": posts[0].chat_id, "last": posts[-1].chat_id}
        if query is not None:
            detail["query"] = asked_for(query)
        return OutboxEvent(EventKind.BACKCHAT, room_id, who, Micros(self._clock_us()), detail)


_NONE_FOUND = FoundPosts((), Page(0, False))


def what_fits(posts: Sequence[StoredPost], chars: int, newest: bool) -> Sequence[StoredPost]:
    """As many of the newest (or oldest) as have about so many characters together, one at least; in the same order."""
    left = chars
    for count, post in enumerate(reversed(posts) if newest else posts):
        left -= weight_of(post)
        if left < 0 and count:
            return posts[-count:] if newest else posts[:count]
    return posts


def asked_for(query: PostQuery) -> dict[str, object]:
    """The filters of a query that were set, as JSON-able values for its record."""
    asked: dict[str, object] = {}
    if query.text.strip():
        asked |= {"text": query.text, "match": query.match.value, "match_case": query.match_case}
        if query.literal:
            asked["literal"] = True
    if query.authors:
        asked["authors"] = sorted(query.authors)
    bounds = ("since", "until", "after", "before")
    return asked | {name: value for name in bounds if (value := getattr(query, name)) is not None}
