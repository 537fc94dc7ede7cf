"""Finding rooms among those that the asker may find."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.presence import Presence
from parlour.hub.slices import breathe
from parlour.rooms.model import Limits, Person, Role, Room, RoomId
from parlour.rooms.policy import Rights, names_of
from parlour.rooms.refusals import Refused
from parlour.rooms.search import Match, Mine, RoomQuery, compile_query
from parlour.rooms.switches import Switches

__all__ = ["RoomList", "RoomSummary", "Searching"]


@dataclass(frozen=True, slots=True)
class RoomSummary:
    """A row of a search result; `count` is the number of people in the room now."""

    room: Room
    switches: Switches
    count: int


@dataclass(frozen=True, slots=True)
class RoomList:
    """Rows by name. `truncated`: there were more than the limit."""

    rows: tuple[RoomSummary, ...]
    truncated: bool = False


class Searching:
    def __init__(self, catalogue: Catalogue, gate: Gate, presence: Presence, limits: Limits) -> None:
        self._catalogue = catalogue
        self._gate = gate
        self._presence = presence
        self._limits = limits

    async def find_rooms(self, person: Person, query: RoomQuery) -> RoomList | Refused:
        """What the person may find, within the server's limit."""
        fits = compile_query(query)
        if isinstance(fits, Refused):
            return fits
        limit = self._limits.search_limit
        if query.limit is not None and query.limit > 0:
            limit = min(limit, query.limit)
        rights_in = self._gate.glance(person)

        def wanted(room: Room, folded: str) -> bool:
            return fits(room, folded) and _findable(room, rights_in(room), query)

        found = await self._those(self._candidates(person, query), wanted, limit + 1)
        return RoomList(tuple(self._row(room) for room in found[:limit]), truncated=len(found) > limit)

    async def every_room(self, query: RoomQuery) -> list[Room] | Refused:
        """For the console: no limit but the one asked for, and nothing hidden."""
        fits = compile_query(query)
        if isinstance(fits, Refused):
            return fits

        def wanted(room: Room, folded: str) -> bool:
            return query.disabled in (None, room.disabled) and fits(room, folded)

        return await self._those(self._catalogue.by_name(), wanted, query.limit)

    async def _those(
        self, candidates: Iterable[tuple[str, RoomId]], wanted: Callable[[Room, str], bool], most: int | None
    ) -> list[Room]:
        """The first so many of the candidates. The loop is let go every now and then: rooms may be gone meanwhile."""
        found: list[Room] = []
        for number, (folded, room_id) in enumerate(tuple(candidates), 1):
            if len(found) == most:
                break
            room = self._catalogue.rooms.get(room_id)
            if room is not None and wanted(room, folded):
                found.append(room)
            await breathe(number)
        return [there for room in found if (there := self._catalogue.rooms.get(room.id)) is not None]

    def _row(self, room: Room) -> RoomSummary:
        return RoomSummary(room, self._catalogue.switches(room.category), self._presence.population(room.id))

    def _candidates(self, person: Person, query: RoomQuery) -> Iterable[tuple[str, RoomId]]:
        """(folded name, id), sorted: the smallest set that an index gives for this query."""
        catalogue = self._catalogue
        if query.mine is not None:
            role = Role.MEMBER if query.mine is Mine.MEMBER else Role.MANAGER
            return self._sorted(catalogue.rooms_listing(role, names_of(person)))
        if query.visitor is not None:
            return self._sorted(self._presence.rooms_of(query.visitor))
        if query.room is not None:
            return self._sorted({query.room} & catalogue.rooms.keys())
        if query.match is Match.EXACT and query.text:
            return self._sorted({RoomId(catalogue.find_named(query.text) or "")} & catalogue.rooms.keys())
        if query.category is not None:
            return self._sorted(catalogue.rooms_in(query.category))
        return catalogue.by_name()

    def _sorted(self, rooms: Iterable[RoomId]) -> list[tuple[str, RoomId]]:
        return sorted((self._catalogue.folded_name(room), room) for room in rooms)


def _findable(room: Room, rights: Rights, query: RoomQuery) -> bool:
    """Disabled rooms are found by those who may manage them, and by these only when asking for them."""
    if query.mine is Mine.MANAGER and not rights.manager:
        return False
    if query.mine is Mine.MEMBER and not rights.member:
        return False
    if room.disabled:
        return rights.manage and (query.disabled is True or (query.disabled is None and query.mine is Mine.MANAGER))
    return rights.find and query.disabled is not True
