"""How rooms, categories and moments are named in calls: leniently, as whatever a program has at hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeAlias

from parlour.client.errors import ChatError, InvalidArgument, chat_error
from parlour.xccos.ids import canonical_room_uri, parse_category_uri, parse_room_uri
from parlour.xccos.types import FailedRoom, RoomRef

__all__ = ["Named", "RoomLike", "When", "category_uri_of", "failures", "micros", "room_uri_of"]


class Named(Protocol):
    """Something with a URI: a Room, a RoomInfo, a CategoryInfo."""

    @property
    def uri(self) -> str: ...


RoomLike: TypeAlias = Named | str
"""A Room, a RoomInfo, or the URI of a room."""

When: TypeAlias = datetime | int
"""A moment: a datetime with a time zone, or microseconds since 1970 as in `GroupChat.at`."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def room_uri_of(room: RoomLike) -> str:
    """The canonical URI. Raises InvalidArgument for text that is no room URI."""
    text = room if isinstance(room, str) else room.uri
    uri = canonical_room_uri(text)
    if parse_room_uri(uri) is None:
        raise InvalidArgument(text="not a room URI", room=text)
    return uri


def category_uri_of(category: Named | str) -> str:
    """Raises InvalidArgument for text that is no category URI."""
    text = category if isinstance(category, str) else category.uri
    if parse_category_uri(text) is None:
        raise InvalidArgument(text=f"not a category URI: {text!r}")
    return text.strip()


def micros(moment: When | None) -> int | None:
    """Microseconds since 1970. Raises ValueError for a datetime without time zone."""
    if not isinstance(moment, datetime):
        return moment
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
