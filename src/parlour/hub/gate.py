"""The gate: the one place of the house that decides who may do what.

Every use case gets its `Rights` here, and nothing else outside `rooms` applies the rules of `rooms.policy`; a test
keeps it so. A seat keeps the rights that the gate gave it until something changes, when they are asked for anew.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from parlour.hub.catalogue import Catalogue
from parlour.hub.people import People
from parlour.hub.refusals import NO_CATEGORY
from parlour.rooms.decisions import no_such_room
from parlour.rooms.model import Category, CategoryId, Person, Room, RoomId
from parlour.rooms.policy import (
    CategoryRights,
    Rights,
    Standing,
    names_of,
    rights_at,
    rights_in,
    rights_over,
    standing_in,
)
from parlour.rooms.refusals import Refused

__all__ = ["Gate"]


class Gate:
    def __init__(self, catalogue: Catalogue, people: People) -> None:
        self._catalogue = catalogue
        self._people = people
        self._in_common: dict[str, frozenset[str]] = {}
        people.subscribe(self._person_changed)

    def _person_changed(self, uri: str) -> None:
        del uri
        self._in_common.clear()

    def rights(self, room: Room, person: Person) -> Rights:
        return rights_in(room, self._catalogue.chain(room.category), person)

    def look(self, room_id: RoomId, person: Person) -> tuple[Room, Rights] | Refused:
        """The room and what the person may do there; a room out of sight is refused as one that does not exist."""
        room = self._catalogue.rooms.get(room_id)
        if room is None:
            return no_such_room()
        rights = self.rights(room, person)
        return (room, rights) if rights.see else no_such_room()

    def glance(self, person: Person) -> Callable[[Room], Rights]:
        """As `rights`, for looking at many rooms: how the person stands to each category is worked out once."""
        names = names_of(person)
        standings: dict[CategoryId, Standing] = {}

        def rights(room: Room) -> Rights:
            standing = standings.get(room.category)
            if standing is None:
                standing = standings[room.category] = standing_in(self._catalogue.chain(room.category), names)
            return rights_at(room, standing, person)

        return rights

    def over(self, category_id: CategoryId, person: Person) -> tuple[Category, CategoryRights] | Refused:
        """The category and what the person may do with it."""
        category = self._catalogue.categories.get(category_id)
        if category is not None:
            rights = rights_over(self._catalogue.chain(category_id), person)
            if rights.see:
                return category, rights
        return NO_CATEGORY

    def administers(self, person: Person) -> bool:
        """May do what administrators do outside of rooms and categories."""
        return person.is_admin and not person.disabled

    def scope_of(self, chain: tuple[Category, ...]) -> Callable[[str], bool]:
        """A test whether a principal (URI) may stand in a role below the category `chain[0]`."""
        return lambda uri: self._in_scope(chain, uri)

    def _in_scope(self, chain: tuple[Category, ...], uri: str) -> bool:
        person = self._people.find_person(uri)
        if person is not None:
            standing = standing_in(chain, names_of(person))
            return standing.in_scope or (person.is_admin and not standing.denied)
        standing = standing_in(chain, self.names_for(uri))
        # An empty group lets nobody in, and whoever joins it later is judged at the door.
        return standing.in_scope or (not standing.denied and not self._in_common[uri])

    def names_for(self, uri: str) -> frozenset[str]:
        """The URIs that speak for a principal: of a person, all the affiliations too; of a group, what all its people
        have in common, which is the group and whatever contains it."""
        person = self._people.find_person(uri)
        if person is not None:
            return names_of(person)
        known = self._in_common.get(uri)
        if known is None:
            belongings = (person.affiliations for person in self._people.people() if uri in person.affiliations)
            known = reduce(frozenset.intersection, belongings, next(belongings, frozenset()))
            # Looking at everybody is slow, and lists of eligible groups ask often. There are not more than groups.
            self._in_common[uri] = known
        return known or frozenset({uri})
