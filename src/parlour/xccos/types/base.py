"""What all words have in common, and the words we do not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from parlour.xccos.codes import ResponseCode

__all__ = ["BadCommand", "Command", "Message", "UnknownCommand"]


class Command(Protocol):
    """Anything that can be answered: its name makes the id of the reply, its number is quoted."""

    @property
    def name(self) -> str: ...
    @property
    def seqid(self) -> int: ...


class Message(Protocol):
    """A kept message, as the encoder wants one; a store's own type may fit as it is."""

    @property
    def chat_id(self) -> int: ...
    @property
    def author(self) -> str: ...
    @property
    def author_name(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def rtf(self) -> str | None: ...
    @property
    def alert(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class UnknownCommand:
    """A command we do not speak; answered 415 in its own reply."""

    seqid: int
    name: str


@dataclass(frozen=True, slots=True)
class BadCommand:
    """A command we speak, with fields missing or malformed (`code` 400), or too many or too long (413); answered in its
    own reply. `room_uri`: the room of a post, as far as it was told."""

    seqid: int
    name: str
    reason: str
    code: ResponseCode = ResponseCode.INVALID_ARGUMENT
    room_uri: str = ""
