"""Entering and leaving rooms. The record for the archive comes first: nobody is in a room without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.presence import Presence, RoomView, Visit
from parlour.hub.recording import Recorder
from parlour.hub.refusals import NOT_INSIDE, NOT_KEPT, ROOM_BUSY, VISIT_OVER
from parlour.rooms.decisions import decide_join, no_such_room
from parlour.rooms.model import Limits, Micros, RoomId
from parlour.rooms.refusals import Refused
from parlour.store.api import EventKind, OutboxEvent

__all__ = ["Joining", "joined_or_parted"]


def joined_or_parted(kind: EventKind, visit: Visit, room: RoomId, at: int, why: str | None = None) -> OutboxEvent:
    """The archive's record of a JOIN or PART. `detail`: `name`, `endpoint`, and `why` unless it was wished."""
    detail: dict[str, object] = {"name": visit.person.display_name, "endpoint": visit.endpoint}
    if why is not None:
        detail["why"] = why
    return OutboxEvent(kind, room, visit.uri, Micros(at), detail)


class Joining:
    def __init__(
        self,
        catalogue: Catalogue,
        gate: Gate,
        presence: Presence,
        recorder: Recorder,
        limits: Limits,
        clock_us: Callable[[], int],
    ) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._presence = presence
        self._recorder = recorder
        self._limits = limits
        self._clock_us = clock_us

    async def join_many(self, visit: Visit, rooms: Sequence[RoomId]) -> list[RoomView | Refused]:
        """One answer per room asked for, in that order. All records are awaited together, and from the moment the
        visit is in the rooms until this returns nothing else runs: the answer can precede whatever is heard there."""
        if not visit.open:
            return [VISIT_OVER] * len(rooms)
        await self._others_arriving(visit, rooms)
        already = visit.seats.keys() & set(rooms)
        refused: dict[RoomId, Refused] = {}
        wanted = [room for room in dict.fromkeys(rooms) if room not in visit.seats and self._fits(visit, room, refused)]
        if wanted:
            await self._arrive(visit, wanted, refused)
        return [self._answer(visit, room, refused, room in already) for room in rooms]

    @staticmethod
    async def _others_arriving(visit: Visit, rooms: Sequence[RoomId]) -> None:
        """The same endpoint may be on its way into a room already: that act counts, and only once."""
        while visit.arriving and (under_way := [visit.arriving[room] for room in rooms if room in visit.arriving]):
            await asyncio.wait(under_way)

    def _fits(self, visit: Visit, room_id: RoomId, refused: dict[RoomId, Refused]) -> bool:
        answer = self._decide(visit, room_id)
        if answer is not None:
            refused[room_id] = answer
        return answer is None

    def _decide(self, visit: Visit, room_id: RoomId) -> Refused | None:
        seen = self._gate.look(room_id, visit.person)
        if isinstance(seen, Refused):
            return seen
        if not visit.open:
            return VISIT_OVER
        return decide_join(*seen) or (ROOM_BUSY if self._is_busy(room_id) else None)

    def _is_busy(self, room_id: RoomId) -> bool:
        """Comings are told too, except in large rooms, and wait behind what the room has still to tell."""
        live = self._presence.live.get(room_id)
        return live is not None and not live.large and live.audience.backlog >= self._limits.room_backlog

    async def _arrive(self, visit: Visit, wanted: list[RoomId], refused: dict[RoomId, Refused]) -> None:
        at = self._clock_us()
        arrived: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        arriving = visit.arriving = visit.arriving or {}
        arriving.update(dict.fromkeys(wanted, arrived))
        try:
            kept = await self._recorder.keep(
                [joined_or_parted(EventKind.JOIN, visit, room, at) for room in wanted],
                on_regret=[joined_or_parted(EventKind.PART, visit, room, at, "cancelled") for room in wanted],
            )
        finally:
            for room in wanted:
                arriving.pop(room, None)
            if not arriving:
                visit.arriving = None
            arrived.set_result(None)
        refused.update({room: NOT_KEPT for room, done in zip(wanted, kept, strict=True) if not done})
        self._take_seats(visit, [room for room, done in zip(wanted, kept, strict=True) if done], refused)

    def _take_seats(self, visit: Visit, rooms: Sequence[RoomId], refused: dict[RoomId, Refused]) -> None:
        """The records are safe; but while they were written the person may have lost a right, or hung up."""
        places = []
        for room_id in rooms:
            seen = self._gate.look(room_id, visit.person)
            answer = seen if isinstance(seen, Refused) else decide_join(*seen) if visit.open else VISIT_OVER
            if answer is None and not isinstance(seen, Refused):
                room, rights = seen
                places.append((room, self._catalogue.switches(room.category), rights))
            else:
                refused[room_id] = answer or no_such_room()
                self._recorder.owe(joined_or_parted(EventKind.PART, visit, room_id, self._clock_us(), "cancelled"))
        self._presence.seat(visit, places)

    def _answer(self, visit: Visit, room: RoomId, refused: dict[RoomId, Refused], rejoined: bool) -> RoomView | Refused:
        seat = visit.seats.get(room)
        if seat is None:
            return refused.get(room, NOT_KEPT)
        if rejoined:
            self._presence.told_anew(seat)
        return self._presence.view(seat, rejoined)

    async def part(self, visit: Visit, room: RoomId) -> Refused | None:
        """Out at once. UNAVAILABLE: out, but the archive's record has still to be written (it will be)."""
        seat = visit.seats.get(room)
        if seat is None:
            return NOT_INSIDE
        self._presence.unseat(seat.live, (seat,))
        kept = await self._recorder.owe(joined_or_parted(EventKind.PART, visit, room, self._clock_us()))
        return None if kept else NOT_KEPT

    def leave(self, visit: Visit, why: str | None = None) -> None:
        """The visit is over: out of every room, and forgotten. Idempotent."""
        if not visit.open:
            return
        self._presence.forget(visit)
        why = why or visit.ending or None
        at = self._clock_us()
        for room, seat in list(visit.seats.items()):
            self._presence.unseat(seat.live, (seat,))
            self._recorder.owe(joined_or_parted(EventKind.PART, visit, room, at, why))
