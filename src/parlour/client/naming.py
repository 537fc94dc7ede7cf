"""How rooms, categories, add-ins, people and moments are named in calls: leniently, as whatever a program has at hand.

What can only be a mistake of the program is a TypeError or ValueError, what a person may have typed a ClientError."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from parlour.client.errors import ChatError, InvalidArgument, chat_error
from parlour.xccos.ids import canonical_room_uri, normalize_guid, parse_category_uri, parse_room_uri
from parlour.xccos.types import AddIn, FailedRoom, RoomCard, RoomRef

__all__ = [
    "Named",
    "RoomLike",
    "When",
    "addin_id_of",
    "category_uri_of",
    "check_keywords",
    "failures",
    "micros",
    "room_uri_of",
    "rooms_of",
    "spelling_of",
    "uris_of",
]


class Named(Protocol):
    """Something with a URI: a Room, a RoomInfo, a CategoryInfo."""

    @property
    def uri(self) -> str: ...


RoomLike: TypeAlias = Named | RoomCard | str
"""A Room, a RoomInfo, a RoomCard, or the URI of a room."""

When: TypeAlias = datetime | int
"""A moment: a datetime with a time zone, or microseconds since 1970 as in `GroupChat.at`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def spelling_of(room: RoomLike) -> str:
    """The URI of a room as it is given, right or wrong. Raises TypeError for what is no room."""
    return _uri(room.room if isinstance(room, RoomCard) else room, "a room is a Room, a RoomInfo, a RoomCard or a URI")


def rooms_of(rooms: RoomLike | Iterable[RoomLike]) -> list[RoomLike]:
    """Several rooms, or one."""
    if isinstance(rooms, str | RoomCard) or not isinstance(rooms, Iterable):
        return [rooms]
    return list(rooms)


def room_uri_of(room: RoomLike) -> str:
    """The canonical URI. Raises InvalidArgument for text that is no room URI, TypeError for what is no room."""
    text = spelling_of(room)
    uri = canonical_room_uri(text)
    if parse_room_uri(uri) is None:
        raise InvalidArgument(text="not a room URI", room=text)
    return uri


def category_uri_of(category: Named | str) -> str:
    """Raises InvalidArgument for text that is no category URI, TypeError for what is no category."""
    text = _uri(category, "a category is a CategoryInfo or a URI")
    if parse_category_uri(text) is None:
        raise InvalidArgument(text=f"not a category URI: {text!r}")
    return text.strip()


def _uri(thing: object, wanted: str) -> str:
    uri = thing if isinstance(thing, str) else getattr(thing, "uri", None)
    if not isinstance(uri, str):
        raise TypeError(f"{wanted}, not {thing!r}")
    return uri


def addin_id_of(addin: AddIn | str) -> str:
    """Raises InvalidArgument for text that is no id, such as a title."""
    text = addin.id if isinstance(addin, AddIn) else addin
    found = normalize_guid(text)
    if found is None:
        raise InvalidArgument(text=f"not the id of an add-in: {text!r}")
    return found


def uris_of(principals: Iterable[str]) -> tuple[str, ...]:
    """The URIs of people or groups, of one of them too: a string would be read letter by letter."""
    return (principals,) if isinstance(principals, str) else tuple(principals)


def check_keywords(given: Mapping[str, object], known: type, hint: str = "") -> None:
    """Python takes any keyword where a TypedDict says which there are. Raises TypeError for one that is not `known`."""
    for name in given:
        if name not in known.__annotations__:
            there = ", ".join(known.__annotations__)
            raise TypeError(f"unexpected keyword argument {name!r}; {hint or f'there are {there}'}")


def micros(moment: When | None) -> int | None:
    """Microseconds since 1970. Raises ValueError for a datetime without time zone, TypeError for what is no moment."""
    if moment is None or isinstance(moment, int):
        return moment
    if not isinstance(moment, datetime):
        raise TypeError(f"a moment is a datetime with a time zone or microseconds since 1970, not {moment!r}")
    if moment.tzinfo is None:
        raise ValueError(f"which time zone? {moment!r}")
    return (moment - _EPOCH) // timedelta(microseconds=1)


def failures(failed: tuple[FailedRoom, ...]) -> dict[str, ChatError]:
    """Why rooms could not be served, by their URIs."""
    found: dict[str, ChatError] = {}
    for one in failed:
        uri = RoomRef(0, one.domain.lower(), one.guid).uri
        found[uri] = chat_error(one.code, room=uri)
    return found
