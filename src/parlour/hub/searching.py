"""Finding rooms among those that the asker may find."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from parlour.hub.catalogue import Catalogue
from parlour.hub.gate import Gate
from parlour.hub.presence import Presence
from parlour.rooms.model import Limits, Person, Role, Room, RoomId
from parlour.rooms.policy import Rights, names_of
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

    def find_rooms(self, person: Person, query: RoomQuery) -> RoomList:
        limit = self._limits.search_limit
        if query.limit is not None and query.limit > 0:
            limit = min(limit, query.limit)
        fits = compile_query(query)
        rights_in = self._gate.glance(person)
        rows: list[RoomSummary] = []
        for folded, room_id in self._candidates(person, query):
            room = self._catalogue.rooms[room_id]
            if not fits(room, folded) or not _findable(room, rights_in(room), query):
                continue
            if len(rows) == limit:
                return RoomList(tuple(rows), truncated=True)
            rows.append(self._row(room))
        return RoomList(tuple(rows))

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
