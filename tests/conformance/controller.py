"""What the suite asks of whoever runs the server that is examined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import pytest


class Capability(Enum):
    """What some scripts need beyond people and rooms that are there."""

    MAKING = "make and change people, categories and rooms"
    SETTINGS = "start with other settings"
    TRACE = "tell which messages it saw"
    TROUBLE = "keep the server from writing for a while"


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    uri: str
    password: str


class Controller(ABC):
    """A server and the means to prepare it. `host`, `port`: where it takes SIP over TCP; `pool`, `lookup`: URIs of the
    chat service and the lookup service. A script that needs what this one cannot do is skipped."""

    capabilities: frozenset[Capability] = frozenset()
    domain: str
    host: str
    port: int
    pool: str
    lookup: str

    @abstractmethod
    def start(self, **settings: Mapping[str, Any]) -> None:
        """Make it ready; `settings` by section, for those with that capability."""

    @abstractmethod
    def stop(self) -> None:
        """Let it go. Nothing else is asked afterwards."""

    @abstractmethod
    def person(self, login: str) -> Person:
        """Somebody who may chat; the same one for the same login. `root` is an administrator."""

    @abstractmethod
    def category(self, name: str, **settings: object) -> str:
        """URI of a category, made if it is not there: `allow`, `deny`, `creator` (logins or group names), `invite`,
        `logged`, `filepost`."""

    @abstractmethod
    def room(self, name: str, **settings: object) -> str:
        """URI of a room, made if it is not there: `category`, `member`, `manager`, `presenter` (logins or group names),
        `visibility` (open, closed, secret), `behavior` (normal, auditorium), `invite`."""

    def admin(self, *words: str) -> Any:
        """Something an administrator does, in the words of `parlour`; its result."""
        self.lacks(Capability.MAKING)

    def trouble(self) -> AbstractContextManager[None]:
        """While it lasts the server can keep nothing."""
        self.lacks(Capability.TROUBLE)

    def trace(self) -> Sequence[str]:
        """The messages seen so far, as lines of docs/operations.md (Tracing)."""
        self.lacks(Capability.TRACE)

    def needs(self, *capabilities: Capability) -> None:
        """Skip the script unless all are there."""
        for one in capabilities:
            if one not in self.capabilities:
                self.lacks(one)

    def lacks(self, capability: Capability) -> NoReturn:
        pytest.skip(f"this controller cannot {capability.value}")
