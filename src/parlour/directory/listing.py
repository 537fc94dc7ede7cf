"""What the directory knows of people and groups, for those who only ask."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlour.directory.api import ChatSetting
from parlour.directory.census import Census
from parlour.directory.chat_policy import ChatDecision
from parlour.directory.names import address, read_login
from parlour.rooms.model import Person, Principal

__all__ = ["Listing"]


class Listing:
    """The reading half of a directory whose people are all in memory."""

    domain: str
    _census: Census

    def find_person(self, uri: str) -> Person | None:
        return self._census.find_person(uri)

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        name = read_login(login, self.domain, domain)
        uri = address(name, self.domain) if name else ""
        return uri if uri in self._census.people else None

    def people(self) -> Sequence[Person]:
        return tuple(self._census.people.values())

    def groups(self) -> Sequence[Principal]:
        return tuple(self._census.groups.values())

    def principals(self) -> Sequence[Principal]:
        return self._census.principals()

    def find_principal(self, uri: str) -> Principal | None:
        return self._census.find_principal(uri)

    async def members_of(self, group: str) -> Sequence[Principal]:
        """Direct members, by name; of the domain, everybody."""
        return await self._census.members_of(group)

    def size_of(self, group: str) -> int:
        """How many direct members there are; of the domain, everybody."""
        return self._census.size_of(group)

    def containers_of(self, uri: str) -> Sequence[Principal]:
        """The groups and folders that a group, folder or person is in, nested ones included, the domain not."""
        return self._census.containers_of(uri)

    def chat_setting(self, uri: str) -> ChatSetting:
        """What stands at a person, a group, or the domain (the global default). `KeyError` for others."""
        return self._census.chat_setting(uri)

    def chat_decision(self, uri: str) -> ChatDecision:
        """Whether a person is enabled for group chat, and whose setting says so. `KeyError` for others."""
        return self._census.chat_decision(uri)

    def subscribe(self, callback: Callable[[str], None]) -> None:
        self._census.subscribe(callback)
