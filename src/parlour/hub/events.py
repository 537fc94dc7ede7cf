"""What a listener hears. One event object is shared by everybody who hears it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from parlour.rooms.model import Micros, Room, RoomId
from parlour.rooms.refusals import Refusal
from parlour.rooms.switches import Switches
from parlour.store.api import Invitation, StoredPost

__all__ = [
    "Arrival",
    "HistoryPurged",
    "Invited",
    "ListResumed",
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
    """Somebody's first endpoint came in. Not heard by that endpoint itself, nor by anybody in a large room. `arrival`:
    it came into other rooms at the same time."""

    room: RoomId
    participant: Participant
    arrival: Arrival | None = None


class Arrival:
    """One person coming into several rooms by one act. Who sits in some of them can hear of all those at once.

    `seats` are the events, each with its serial number in its room; before each of them nothing else had still to be
    told in that room, so that hearing it early is hearing it in order."""

    __slots__ = ("_told", "seats")

    def __init__(self) -> None:
        self.seats: list[tuple[PersonJoined, int]] = []
        self._told: set[object] = set()

    def take(self, listener: object, hears: Callable[[RoomId, int], bool]) -> tuple[PersonJoined, ...]:
        """What a listener that hears one of the events is told: all that it `hears` (room, serial number), the first
        time; nothing afterwards."""
        if listener in self._told:
            return ()
        self._told.add(listener)
        return tuple(event for event, serial in self.seats if hears(event.room, serial))


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
class ListResumed:
    """A room is not large any more: from here on comings and goings are told again. What an endpoint has missed depends
    on what it was told before: `listed`, if it is one of the `insiders` (person and endpoint), else itself alone."""

    room: RoomId
    arrivals: Mapping[str, PersonJoined]
    """Everybody who is inside now, by URI."""
    listed: Mapping[str, Participant]
    insiders: frozenset[tuple[str, str]]

    def missed(self, uri: str, endpoint: str) -> list[PersonJoined | PersonParted | PersonChanged]:
        """What makes the list of people that one endpoint has true again. Its own person it knows."""
        listed = self.listed if (uri, endpoint) in self.insiders else {}
        news: list[PersonJoined | PersonParted | PersonChanged] = [
            PersonParted(self.room, gone) for gone in listed if gone not in self.arrivals
        ]
        for one, joined in self.arrivals.items():
            if one == uri:
                continue
            known = listed.get(one)
            if known is None:
                news.append(joined)
            elif known != joined.participant:
                news.append(PersonChanged(self.room, joined.participant))
        return news


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
    | ListResumed
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
