"""Rooms, categories and people as somebody would write them down who does not care for speed: sets, lists and loops.

For the machine that holds the hub against it. It shares nothing with the rules of the product but the words.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["NaiveCategory", "NaiveHouse", "NaivePerson", "NaiveRoom"]


@dataclass(eq=False)
class NaivePerson:
    groups: set[str]
    admin: bool = False
    chat: bool = True
    disabled: bool = False


@dataclass(eq=False)
class NaiveCategory:
    parent: str | None
    allowed: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    creators: set[str] = field(default_factory=set)
    logged: bool | None = None
    invite: bool | None = None
    """None: as above."""


@dataclass(eq=False)
class NaiveRoom:
    category: str
    creator: str
    visibility: str = "SCOPED"
    hall: bool = False
    disabled: bool = False
    invite: bool = True
    members: set[str] = field(default_factory=set)
    managers: set[str] = field(default_factory=set)
    presenters: set[str] = field(default_factory=set)
    invited: set[str] = field(default_factory=set)
    count: int = 0
    """Messages ever."""
    history: list[tuple[int, str, str, int]] = field(default_factory=list)
    """(number, author, text, time)."""


class NaiveHouse:
    def __init__(self) -> None:
        self.people: dict[str, NaivePerson] = {}
        self.categories: dict[str, NaiveCategory] = {}
        self.rooms: dict[str, NaiveRoom] = {}

    # --- who is what

    def names(self, uri: str) -> set[str]:
        """What speaks for a person or a group."""
        if uri in self.people:
            return {uri} | self.people[uri].groups
        common: set[str] | None = None
        for person in self.people.values():
            if uri in person.groups:
                common = set(person.groups) if common is None else common & person.groups
        return {uri} if common is None else common

    def chain(self, category: str) -> list[NaiveCategory]:
        steps = [self.categories[category]]
        while steps[-1].parent is not None:
            steps.append(self.categories[steps[-1].parent])
        return steps

    def below(self, category: str) -> list[str]:
        return [other for other in self.categories if self.categories[category] in self.chain(other)]

    def keeps(self, category: str) -> bool:
        """Its rooms keep history."""
        stated = [step.logged for step in self.chain(category) if step.logged is not None]
        return stated[0] if stated else True

    def invites(self, category: str) -> bool:
        stated = [step.invite for step in self.chain(category) if step.invite is not None]
        return stated[0] if stated else False

    def allowed(self, uri: str, category: str) -> bool:
        for step in self.chain(category):
            if step.parent is None and not step.allowed:
                continue
            if not self.names(uri) & step.allowed:
                return False
        return True

    def denied(self, uri: str, category: str) -> bool:
        return any(self.names(uri) & step.denied for step in self.chain(category))

    def may_stand(self, uri: str, category: str) -> bool:
        """May be in a list of this category's rooms."""
        if self.denied(uri, category):
            return False
        if uri in self.people:
            return self.people[uri].admin or self.allowed(uri, category)
        empty = not any(uri in person.groups for person in self.people.values())
        return empty or self.allowed(uri, category)

    # --- who may what

    def talks(self, uri: str, room: NaiveRoom) -> bool:
        person = self.people[uri]
        if person.disabled or not person.chat or self.denied(uri, room.category):
            return False
        return person.admin or self.allowed(uri, room.category)

    def administers(self, uri: str) -> bool:
        return self.people[uri].admin and not self.people[uri].disabled

    def member(self, uri: str, room: NaiveRoom) -> bool:
        return self.talks(uri, room) and (room.visibility == "OPEN" or bool(self.names(uri) & room.members))

    def manages(self, uri: str, room: NaiveRoom) -> bool:
        return self.administers(uri) or (self.talks(uri, room) and bool(self.names(uri) & room.managers))

    def sees(self, uri: str, room: NaiveRoom) -> bool:
        if self.administers(uri) or self.member(uri, room) or self.manages(uri, room):
            return True
        return self.talks(uri, room) and room.visibility != "PRIVATE"

    def finds(self, uri: str, room: NaiveRoom) -> bool:
        return self.sees(uri, room) and not room.disabled

    def enters(self, uri: str, room: NaiveRoom) -> bool:
        return self.member(uri, room) and not room.disabled

    def posts(self, uri: str, room: NaiveRoom) -> bool:
        return self.enters(uri, room) and (not room.hall or bool(self.names(uri) & room.presenters))

    def creates(self, uri: str, category: str) -> bool:
        person, place = self.people[uri], self.categories[category]
        if place.parent is None or person.disabled:
            return False
        if person.admin:
            return True
        in_scope = self.allowed(uri, category) and not self.denied(uri, category)
        return person.chat and in_scope and bool(self.names(uri) & place.creators)

    def is_due(self, uri: str, room: NaiveRoom) -> bool:
        """An invitation, unless there was one."""
        inviting = room.invite and self.invites(room.category)
        return inviting and self.enters(uri, room) and room.creator != uri and bool(self.names(uri) & room.invited)

    # --- what follows from a change

    def may_present(self, uri: str, room: NaiveRoom) -> bool:
        return room.hall and (room.visibility == "OPEN" or bool(self.names(uri) & room.members))

    def tidy(self, room: NaiveRoom) -> None:
        """Open rooms have no members; presenters are members of auditoriums; who is out is no longer invited."""
        if room.visibility == "OPEN":
            room.members = set()
        room.presenters = {uri for uri in room.presenters if self.may_present(uri, room)}
        room.invited &= room.members

    def purge(self, room: NaiveRoom) -> None:
        for role in (room.members, room.managers, room.presenters):
            role -= {uri for uri in role if not self.may_stand(uri, room.category)}
        self.tidy(room)

    def purge_below(self, category: str) -> None:
        for below in self.below(category):
            place = self.categories[below]
            place.creators = {uri for uri in place.creators if self.may_stand(uri, below)}
            for room in self.rooms.values():
                if room.category == below:
                    self.purge(room)
