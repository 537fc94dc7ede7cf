"""A server that somebody else runs: where it is and who may sign in there is told by the environment (README.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.conformance.controller import Capability, Controller, Person

PREFIX = "PARLOUR_CONFORMANCE_"


class BadEnvironment(Exception):
    """A variable that cannot be understood; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """What the environment says. `people`: passwords by login; `rooms`, `categories`: URIs by name."""

    host: str
    port: int
    domain: str
    pool: str
    lookup: str
    people: Mapping[str, str] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)


def read_environment(environ: Mapping[str, str]) -> Invitation | None:
    """None when no server is named. Raises BadEnvironment."""
    server = environ.get(PREFIX + "SERVER")
    if not server:
        return None
    host, colon, port = server.rpartition(":")
    if not colon or not port.isdigit() or not host:
        raise BadEnvironment(f"{PREFIX}SERVER: write HOST:PORT, not {server!r}")
    domain = environ.get(PREFIX + "DOMAIN") or host.strip("[]")
    return Invitation(
        host.strip("[]"),
        int(port),
        domain,
        environ.get(PREFIX + "POOL") or f"sip:GC-1-PersistentChatService-1@{domain}",
        environ.get(PREFIX + "LOOKUP") or f"sip:ocschat@{domain}",
        _pairs(environ, "PEOPLE"),
        _pairs(environ, "ROOMS"),
        _pairs(environ, "CATEGORIES"),
    )


def _pairs(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """`alice=secret;bob=secret`: what is before the first `=` of each part, and what is after it."""
    found = {}
    for part in filter(None, (one.strip() for one in environ.get(PREFIX + name, "").split(";"))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise BadEnvironment(f"{PREFIX}{name}: write NAME=VALUE;NAME=VALUE, not {part!r}")
        found[key.strip()] = value.strip()
    return found


class Guest(Controller):
    """Uses what is there and changes nothing beside what the scripts do on the wire."""

    capabilities: frozenset[Capability] = frozenset()

    def __init__(self, invitation: Invitation) -> None:
        self.host, self.port, self.domain = invitation.host, invitation.port, invitation.domain
        self.pool, self.lookup = invitation.pool, invitation.lookup
        self._invitation = invitation

    def start(self, **settings: Mapping[str, Any]) -> None:
        """It runs."""
        if settings:
            self.lacks(Capability.SETTINGS)

    def stop(self) -> None:
        """It goes on."""

    def person(self, login: str) -> Person:
        password = self._invitation.people.get(login)
        if password is None:
            pytest.skip(f"nobody is called {login} in {PREFIX}PEOPLE")
        return Person(login, f"sip:{login}@{self.domain}", password)

    def category(self, name: str, **settings: object) -> str:
        return self._known(self._invitation.categories, name, "CATEGORIES")

    def room(self, name: str, **settings: object) -> str:
        return self._known(self._invitation.rooms, name, "ROOMS")

    def _known(self, uris: Mapping[str, str], name: str, variable: str) -> str:
        if name not in uris:
            pytest.skip(f"nothing is called {name} in {PREFIX}{variable}")
        return uris[name]
