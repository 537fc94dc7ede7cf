"""How far a person has read in a room, and how much is unread. Kept as small documents, one for each room."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.refusals import NOT_KEPT
from parlour.hub.tails import Tails
from parlour.hub.turns import FairTurns
from parlour.rooms.decisions import decide_read
from parlour.rooms.model import Limits, Person, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import DocumentConflict, Documents, PostLog, StoreUnavailable

__all__ = ["KIND", "MOST_UNREAD", "Marks", "Unread"]

KIND = "read-mark"
MOST_UNREAD = 1000
"""Unread messages are counted up to here."""


@dataclass(frozen=True, slots=True)
class Unread:
    """`read_up_to` is the newest message that was read (0: none); `count` messages of others are newer and can be read,
    as far as is counted."""

    room: RoomId
    read_up_to: int
    count: int


class Marks:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        documents: Documents,
        posts: PostLog,
        tails: Tails,
        turns: FairTurns,
        limits: Limits,
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._documents = documents
        self._posts = posts
        self._tails = tails
        self._turns = turns
        self._limits = limits

    async def mark(self, person: Person, room: RoomId, chat_id: int) -> Unread | Refused:
        """Everything up to `chat_id` is read. A mark never goes back, nor beyond the newest message."""
        return await self._in_turn(person, room, lambda: self._mark(person, room, chat_id))

    async def unread(self, person: Person, rooms: Sequence[RoomId] | None) -> list[Unread | Refused]:
        """One answer for each room, in order; None asks for all rooms with a mark that may be read now."""
        if rooms is None:
            answers = [await self._unread_in(person, room) for room in await self._marked(person)]
            return [answer for answer in answers if not isinstance(answer, Refused)]
        most = self._limits.rooms_per_query
        if len(rooms) > most:
            return [Refused(Refusal.LIMIT_EXCEEDED, f"a query looks into at most {most} rooms")] * len(rooms)
        return [await self._unread_in(person, room) for room in rooms]

    async def _unread_in(self, person: Person, room: RoomId) -> Unread | Refused:
        return await self._in_turn(person, room, lambda: self._count(person.uri, room))

    async def _marked(self, person: Person) -> list[RoomId]:
        try:
            return [RoomId(kept.label) for kept in await self._documents.all(person.uri, KIND)]
        except StoreUnavailable:
            return []

    async def _in_turn(self, person: Person, room: RoomId, act: Callable[[], Awaitable[Unread]]) -> Unread | Refused:
        async def allowed() -> Unread | Refused:
            seen = self._gate.look(room, person)
            refused = seen if isinstance(seen, Refused) else decide_read(*seen)
            try:
                return refused or await act()
            except StoreUnavailable:
                return NOT_KEPT

        return await self._turns.run(person.uri, allowed)

    async def _mark(self, person: Person, room: RoomId, chat_id: int) -> Unread:
        newest = await self._tails.newest(room, 1)
        wanted = min(chat_id, newest[-1].chat_id) if newest else 0
        while True:
            version, before = await self._kept(person.uri, room)
            if wanted <= before:
                break
            try:
                await self._documents.put(person.uri, KIND, room, b"%d" % wanted, version)
            except DocumentConflict:
                # Another endpoint has marked the room in this moment: the higher mark counts.
                continue
            break
        return await self._count(person.uri, room)

    async def _count(self, owner: str, room: RoomId) -> Unread:
        _, read_up_to = await self._kept(owner, room)
        if not self._logged(room):
            return Unread(room, read_up_to, 0)
        return Unread(room, read_up_to, await self._posts.unread(room, read_up_to, MOST_UNREAD, owner))

    def _logged(self, room: RoomId) -> bool:
        """What was kept before the history was switched off cannot be read now. A room that is gone has nothing."""
        known = self._catalogue.rooms.get(room)
        return known is not None and self._catalogue.switches(known.category).logged

    async def _kept(self, owner: str, room: RoomId) -> tuple[int, int]:
        """(version, mark); 0 for none."""
        kept = await self._documents.get(owner, KIND, room)
        return (kept.version, int(kept.content)) if kept is not None else (0, 0)
