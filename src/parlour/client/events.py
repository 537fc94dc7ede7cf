"""What a client hears without asking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from parlour.client.errors import ClientError
from parlour.xccos.types import GroupChat, Invitation, RoomInfo, UserInfo

__all__ = [
    "ConnectionLost",
    "ConnectionResumed",
    "Event",
    "EventsDropped",
    "HistoryPurged",
    "Invited",
    "MessageHeard",
    "MessageRemoved",
    "MessageReplaced",
    "MessagesMissed",
    "PersonChanged",
    "PersonJoined",
    "PersonParted",
    "PostRefused",
    "PreferenceChanged",
    "RemovedFromRoom",
    "RoomChanged",
    "RoomDeleted",
    "RoomEvent",
]


# Messages -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageHeard:
    """A message was posted, perhaps by ourselves. Of one room they come in the order of `chat_id`, each once.
    `recovered`: it was posted while we were away and fetched from history."""

    room_uri: str
    message: GroupChat
    recovered: bool = False


@dataclass(frozen=True, slots=True)
class MessageRemoved:
    """An administrator took a message out of the history."""

    room_uri: str
    chat_id: int


@dataclass(frozen=True, slots=True)
class MessageReplaced:
    """An administrator put another text in a message's place; this is how it reads now."""

    room_uri: str
    message: GroupChat


@dataclass(frozen=True, slots=True)
class HistoryPurged:
    """All messages up to and including `until`, microseconds since 1970, are gone."""

    room_uri: str
    until: int


@dataclass(frozen=True, slots=True)
class MessagesMissed:
    """Messages numbered above `after` and below `before` may have been posted during an outage and were not heard:
    there were more than `ClientSettings.history_at_resume`, or the room keeps no history that we may read. Messages
    that were taken out of the history may be among them."""

    room_uri: str
    after: int
    before: int


@dataclass(frozen=True, slots=True)
class PostRefused:
    """A post that had been taken was refused afterwards. Servers other than Parlour do that."""

    room_uri: str
    error: ClientError


# People and rooms ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonJoined:
    """Somebody entered. `mask` is the permission mask (docs/protocol/xccos.md, Masks)."""

    room_uri: str
    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class PersonParted:
    """Somebody left."""

    room_uri: str
    user_uri: str


@dataclass(frozen=True, slots=True)
class PersonChanged:
    """Somebody in the room, perhaps ourselves, has another permission mask now."""

    room_uri: str
    user: UserInfo
    mask: int


@dataclass(frozen=True, slots=True)
class RoomChanged:
    """The room has new settings; `Room.info` has them already."""

    room_uri: str
    info: RoomInfo


@dataclass(frozen=True, slots=True)
class RoomDeleted:
    """The room is no more. RemovedFromRoom follows."""

    room_uri: str


@dataclass(frozen=True, slots=True)
class RemovedFromRoom:
    """We are not in this room any more, and did not ask for it. `error` tells why where it is known."""

    room_uri: str
    error: ClientError | None = None


# Ourselves ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Invited:
    """We may now enter a room. Each invitation is told once, those that came during an outage after it."""

    invitation: Invitation


@dataclass(frozen=True, slots=True)
class PreferenceChanged:
    """Another client of ours keeps a new version of this document."""

    label: str
    version: int


@dataclass(frozen=True, slots=True)
class ConnectionLost:
    """We are away; the client tries to come back."""

    reason: str


@dataclass(frozen=True, slots=True)
class ConnectionResumed:
    """We are back, in these rooms; what was missed has been told."""

    room_uris: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventsDropped:
    """The reader was too slow: this many events were dropped here."""

    count: int


RoomEvent: TypeAlias = (
    MessageHeard
    | MessageRemoved
    | MessageReplaced
    | HistoryPurged
    | MessagesMissed
    | PostRefused
    | PersonJoined
    | PersonParted
    | PersonChanged
    | RoomChanged
    | RoomDeleted
    | RemovedFromRoom
    | EventsDropped
)
Event: TypeAlias = RoomEvent | Invited | PreferenceChanged | ConnectionLost | ConnectionResumed
