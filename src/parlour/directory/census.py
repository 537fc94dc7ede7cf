"""Who people and groups are and what follows from that, in memory: a directory is asked on the path of every request.

Written by one change at a time (`hand`). What people are in follows from memberships; it is kept with each person, and
worked out again for those whom a change concerns, a few in one turn of the loop.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from parlour.directory.api import AccountRefused, ChatSetting
from parlour.directory.chat_policy import ChatDecision, ChatPolicy
from parlour.directory.database import Loaded
from parlour.directory.groups import Memberships, Move
from parlour.directory.hand import slices
from parlour.directory.names import is_address, read_login
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.names import fold_name, look_of

__all__ = ["Census", "as_principal"]

log = logging.getLogger(__name__)

_EVERYONE = "everyone"


class Census:
    def __init__(self, loaded: Loaded, everyone: Principal) -> None:
        """`everyone` is the domain; it may be among the groups of the file already."""
        self.everyone = everyone
        self.groups = {group.uri: group for group in loaded.groups} | {everyone.uri: everyone}
        known = {person.uri for person in loaded.people} | self.groups.keys()
        pairs = [(group, member) for group, member in loaded.memberships if {group, member} <= known]
        self.memberships = Memberships(everyone.uri, pairs)
        self._chat = ChatPolicy(everyone.uri, loaded.chat)
        self.people = {
            person.uri: self._resolved(person) for person in sorted(loaded.people, key=lambda person: person.uri)
        }
        self._callbacks: list[Callable[[str], None]] = []

    # -- asked ---------------------------------------------------------------------------------------------------

    def find_person(self, uri: str) -> Person | None:
        return self.people.get(uri) or self.people.get(uri.lower())

    def find_principal(self, uri: str) -> Principal | None:
        person = self.find_person(uri)
        return as_principal(person) if person is not None else self.groups.get(uri.lower())

    def principals(self) -> Sequence[Principal]:
        return (*map(as_principal, self.people.values()), *self.groups.values())

    async def members_of(self, group: str) -> Sequence[Principal]:
        """Direct members, by name; of the domain, everybody."""
        rows: list[tuple[str, str, Principal]] = []
        for batch in slices(tuple(self._member_uris(group))):
            found = [member for uri in batch if (member := self.find_principal(uri)) is not None]
            rows += [(fold_name(member.display_name), member.uri, member) for member in found]
            await asyncio.sleep(0)
        rows.sort()
        return [member for _name, _uri, member in rows]

    def size_of(self, group: str) -> int:
        """How many direct members there are; of the domain, everybody."""
        return len(self._member_uris(group))

    def _member_uris(self, group: str) -> Collection[str]:
        principal = self.groups[group.lower()]
        return self.people if principal is self.everyone else self.memberships.members_of(principal.uri)

    def containers_of(self, uri: str) -> Sequence[Principal]:
        """The groups and folders that a group, folder or person is in, nested ones included."""
        found = self.memberships.above(self.get_principal(uri).uri)
        return [self.groups[group] for group in sorted(found)]

    def chat_setting(self, uri: str) -> ChatSetting:
        """What stands at a person, a group, or the domain (the global default). `KeyError` for others."""
        return self._chat.setting(self.get_principal(uri).uri)

    def chat_decision(self, uri: str) -> ChatDecision:
        """Whether a person is enabled for group chat, and whose setting says so. `KeyError` for others."""
        person = self.get_person(uri)
        return self._chat.decide(person.uri, person.affiliations)

    def get_person(self, uri: str) -> Person:
        return self.people[uri.lower()]

    def get_group(self, uri: str) -> Principal:
        """One that can be changed."""
        group = self.groups[uri.lower()]
        if group is self.everyone:
            raise AccountRefused("everybody is in the domain: it has no other members, and it stays")
        return group

    def get_principal(self, uri: str) -> Principal:
        found = self.find_principal(uri)
        if found is None:
            raise KeyError(uri)
        return found

    # -- checks of a change --------------------------------------------------------------------------------------

    def check_login(self, login: str, uri: str) -> None:
        """Whether somebody new may have it. Groups and logins are typed in the same places: one name, one meaning. So
        no group may be called as this person would be, by the login or by the address: where the group stands in a
        list, whoever wrote the list may have meant the person."""
        if uri in self.people:
            raise AccountRefused(f"the login {login} is taken")
        if login == _EVERYONE:
            raise AccountRefused(f"{login} means the whole domain")
        domain = self.everyone.display_name
        for group in self.groups.values():
            look = look_of(group.display_name)
            if login in (look, read_login(look, domain)):
                raise AccountRefused(f"there is a group or folder {look} already")

    def check_group_name(self, group: Principal, uri: str | None) -> None:
        """`uri`: who has this name as a login, if anybody could. What looks the same is the same, as with rooms."""
        if uri in self.people:
            raise AccountRefused(f"{group.display_name} is the login of a person")
        look = look_of(group.display_name)
        if is_address(look):
            raise AccountRefused("the name of a group cannot have the form of an address: it would be taken for one")
        others = [other for other in self.groups.values() if other.uri != group.uri]
        if look == _EVERYONE or any(look_of(other.display_name) == look for other in others):
            raise AccountRefused(f"there is a group or folder {group.display_name} already")

    def check_member(self, into: Principal, who: Principal, *, moving: bool = False) -> None:
        """Whether `who` may be put into a group or folder; `moving`: out of the folder that it is in."""
        if into.kind is PrincipalKind.FOLDER:
            if who.kind not in (PrincipalKind.USER, PrincipalKind.FOLDER):
                raise AccountRefused(f"a folder holds people and folders; {who.display_name} is neither")
            folder = self.folder_of(who.uri)
            if folder not in (None, into.uri) and not moving:
                raise AccountRefused(f"{who.display_name} is in the folder {self.groups[folder].display_name} already")
        if self.memberships.would_circle(into.uri, who.uri):
            raise AccountRefused(f"{into.display_name} would be inside itself")

    def folder_of(self, uri: str) -> str | None:
        """The folder that a person or folder is directly in."""
        groups = self.memberships.groups_of(uri)
        return next((group for group in groups if self.groups[group].kind is PrincipalKind.FOLDER), None)

    # -- changed -------------------------------------------------------------------------------------------------

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._callbacks.append(callback)

    def put(self, person: Person) -> None:
        """Somebody new, or with other data."""
        self._renew_few([person])

    def drop_person(self, uri: str) -> None:
        del self.people[uri]
        self.memberships.forget(uri)
        self._chat.put(uri, ChatSetting.INHERIT)
        self._tell(uri)

    async def drop_group(self, uri: str) -> None:
        beneath = self.memberships.beneath(uri)
        self.memberships.forget(uri)
        self._chat.put(uri, ChatSetting.INHERIT)
        del self.groups[uri]
        await self._renew(beneath)

    async def move_members(self, moves: Sequence[Move]) -> None:
        """A few at a time, with what follows for people; nobody is seen in between two groups."""
        for batch in slices(moves):
            for move in batch:
                self.memberships.move(move)
            await self._renew(self.memberships.beneath_all(move.member for move in batch))
            await asyncio.sleep(0)

    async def set_chat(self, uri: str, setting: ChatSetting) -> None:
        self._chat.put(uri, setting)
        await self._renew(self.memberships.beneath(uri))

    async def _renew(self, uris: frozenset[str]) -> None:
        """People among these, and everybody where the domain is among them."""
        concerned = tuple(self.people) if self.everyone.uri in uris else sorted(uris)
        for first, batch in enumerate(slices(concerned)):
            if first:
                await asyncio.sleep(0)
            self._renew_few([self.people[uri] for uri in batch if uri in self.people])

    def _renew_few(self, people: Iterable[Person]) -> None:
        """Keep these people with the groups they are in now, then tell who changed; whoever hears it sees it all."""
        changed = []
        for person in people:
            fresh = self._resolved(person)
            if fresh != self.people.get(person.uri):
                self.people[person.uri] = fresh
                changed.append(person.uri)
        for uri in changed:
            self._tell(uri)

    def _resolved(self, person: Person) -> Person:
        """With the groups that the person is in, and what follows from them."""
        affiliations = self.memberships.affiliations(person.uri)
        enabled = self._chat.decide(person.uri, affiliations).enabled
        return replace(person, affiliations=affiliations, chat_enabled=enabled)

    def _tell(self, uri: str) -> None:
        for callback in self._callbacks:
            try:
                callback(uri)
            except Exception:
                # It is on the disk already: the others, and the rest of the change, have to follow.
                log.exception("whoever was told of a change of the accounts failed")


def as_principal(person: Person) -> Principal:
    """Somebody, as one of all who may stand in lists."""
    return Principal(person.uri, person.guid, PrincipalKind.USER, person.display_name)
