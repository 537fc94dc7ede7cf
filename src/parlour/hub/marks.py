"""How far a person has read in a room, and how much is unread. Kept as small documents, one for each room."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

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

ROOMS_AT_ONCE = 100
"""Rooms whose unread messages are counted in one reading: a tenth of a second, if there is much in all of them."""


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
        return await self._turns.run(person.uri, lambda: self._mark(person, room, chat_id))

    async def unread(self, person: Person, rooms: Sequence[RoomId] | None) -> list[Unread | Refused] | Refused:
        """One answer for each room, in order; None asks for all rooms with a mark that may be read now, and is refused
        as a whole if the marks cannot be read."""
        most = self._limits.rooms_per_query
        if rooms is not None and len(rooms) > most:
            return [Refused(Refusal.LIMIT_EXCEEDED, f"a query looks into at most {most} rooms")] * len(rooms)
        marks = await self._turns.run(person.uri, lambda: self._marks_of(person.uri))
        if isinstance(marks, Refused):
            return marks if rooms is None else [marks] * len(rooms)
        asked = list(dict.fromkeys(marks if rooms is None else rooms))
        answers: dict[RoomId, Unread | Refused] = {}
        for start in range(0, len(asked), ROOMS_AT_ONCE):
            some = {room: marks.get(room, 0) for room in asked[start : start + ROOMS_AT_ONCE]}
            counted = await self._turns.run(person.uri, partial(self._count, person, some))
            answers |= dict.fromkeys(some, counted) if isinstance(counted, Refused) else counted
        if rooms is None:
            return [answer for answer in answers.values() if not isinstance(answer, Refused)]
        return [answers[room] for room in rooms]

    async def _marks_of(self, owner: str) -> dict[RoomId, int] | Refused:
        try:
            return {RoomId(kept.label): int(kept.content) for kept in await self._documents.all(owner, KIND)}
        except StoreUnavailable:
            return NOT_KEPT

    async def _mark(self, person: Person, room: RoomId, chat_id: int) -> Unread | Refused:
        try:
            refused = self._may_read(person, room)
            if refused is not None:
                return refused
            mark = await self._move(person.uri, room, chat_id)
        except StoreUnavailable:
            return NOT_KEPT
        return (await self._count(person, {room: mark}))[room]

    async def _move(self, owner: str, room: RoomId, chat_id: int) -> int:
        """Where the mark is then."""
        newest = await self._tails.newest(room, 1)
        wanted = min(chat_id, newest[-1].chat_id) if newest else 0
        while True:
            kept = await self._documents.get(owner, KIND, room)
            version, before = (kept.version, int(kept.content)) if kept is not None else (0, 0)
            if wanted <= before:
                return before
            try:
                await self._documents.put(owner, KIND, room, b"%d" % wanted, version)
            except DocumentConflict:
                # Another endpoint has marked the room in this moment: the higher mark counts.
                continue
            return wanted

    async def _count(self, person: Person, marks: Mapping[RoomId, int]) -> dict[RoomId, Unread | Refused]:
        """One reading of the store, whatever number of rooms."""
        refusals = {room: self._may_read(person, room) for room in marks}
        readable = {room: marks[room] for room, refused in refusals.items() if refused is None and self._logged(room)}
        try:
            counts = await self._posts.unread(readable, MOST_UNREAD, person.uri) if readable else {}
        except StoreUnavailable:
            return {room: refused or NOT_KEPT for room, refused in refusals.items()}
        return {room: refused or Unread(room, marks[room], counts.get(room, 0)) for room, refused in refusals.items()}

    def _may_read(self, person: Person, room: RoomId) -> Refused | None:
        seen = self._gate.look(room, person)
        return seen if isinstance(seen, Refused) else decide_read(*seen)

    def _logged(self, room: RoomId) -> bool:
        """What was kept before the history was switched off cannot be read now. A room that is gone has nothing."""
        known = self._catalogue.rooms.get(room)
        return known is not None and self._catalogue.switches(known.category).logged
