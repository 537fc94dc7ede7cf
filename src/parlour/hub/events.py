"""What a listener hears. One event object is shared by everybody who hears it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlour.rooms.model import Micros, Room, RoomId
from parlour.rooms.refusals import Refusal
from parlour.rooms.switches import Switches
from parlour.store.api import Invitation, StoredPost

__all__ = [
    "HistoryPurged",
    "Invited",
    "Listener",
    "Participant",
    "PersonChanged",
    "PersonJoined",
    "PersonParted",
    "PostHeard",
    "PostReplaced",
    "PostsRemoved",
    "PreferenceChanged",
    "Removed",
    "RoomChanged",
    "RoomEvent",
    "VisitEnded",
]


@dataclass(frozen=True, slots=True)
class Participant:
    """Somebody in a room, once however many endpoints are there."""

    uri: str
    guid: str
    display_name: str
    manager: bool
    presenter: bool


@dataclass(frozen=True, slots=True, eq=False)
class PostHeard:
    """A post was kept."""

    room: RoomId
    post: StoredPost


@dataclass(frozen=True, slots=True, eq=False)
class PersonJoined:
    """Somebody's first endpoint came in. Not heard by that endpoint itself, nor by anybody in a large room."""

    room: RoomId
    participant: Participant


@dataclass(frozen=True, slots=True, eq=False)
class PersonParted:
    """Somebody's last endpoint went out. Not heard in a large room."""

    room: RoomId
    uri: str


@dataclass(frozen=True, slots=True, eq=False)
class PersonChanged:
    """Somebody in the room became, or is no longer, manager or presenter. In a large room only the person hears it."""

    room: RoomId
    participant: Participant


@dataclass(frozen=True, slots=True, eq=False)
class RoomChanged:
    """New settings of the room, or of a category above it."""

    room: RoomId
    settings: Room
    switches: Switches


@dataclass(frozen=True, slots=True, eq=False)
class PostsRemoved:
    """An administrator took these messages out of the history, oldest first."""

    room: RoomId
    chat_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PostReplaced:
    """An administrator put another text in the place of a message: `post` as it reads now."""

    room: RoomId
    post: StoredPost


@dataclass(frozen=True, slots=True, eq=False)
class HistoryPurged:
    """An administrator took everything up to and including `until` out of the history."""

    room: RoomId
    until: Micros


@dataclass(frozen=True, slots=True, eq=False)
class Invited:
    """Heard by every visit of the invited person, in no room: they may now enter this one."""

    room: RoomId
    invitation: Invitation
    settings: Room
    switches: Switches


@dataclass(frozen=True, slots=True, eq=False)
class PreferenceChanged:
    """Heard by the other visits of a person who kept a new version of a document."""

    label: str
    version: int


@dataclass(frozen=True, slots=True, eq=False)
class Removed:
    """The listener's endpoint is no longer in the room: NOT_PERMITTED, ROOM_DISABLED or NO_SUCH_ROOM (deleted)."""

    room: RoomId
    reason: Refusal


@dataclass(frozen=True, slots=True, eq=False)
class VisitEnded:
    """The visit is over and all its rooms are left: NOT_PROVISIONED, REPLACED or UNAVAILABLE (the server stops)."""

    reason: Refusal


RoomEvent = (
    PostHeard
    | PersonJoined
    | PersonParted
    | PersonChanged
    | RoomChanged
    | PostsRemoved
    | PostReplaced
    | HistoryPurged
    | Invited
    | PreferenceChanged
    | Removed
    | VisitEnded
)


class Listener(Protocol):
    """Somebody's ear: a session, a gateway, a bridge."""

    def hear(self, events: Sequence[RoomEvent]) -> None:
        """All events that are due for this listener now, oldest first. Must neither block nor raise."""
        ...
