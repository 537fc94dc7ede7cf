"""Names on the wire as names of the house. A name that is none is one that nothing has, and is refused as such."""

from __future__ import annotations

from parlour.rooms.model import CategoryId, RoomId
from parlour.xccos.ids import parse_category_uri, parse_room_uri

__all__ = ["category_id", "room_id"]


def room_id(uri: str) -> RoomId:
    """The room that a URI names. Its domain is not looked at: all rooms of a pool are of one domain."""
    parsed = parse_room_uri(uri)
    return RoomId(parsed[1] if parsed else "")


def category_id(uri: str) -> CategoryId:
    """As `room_id`."""
    parsed = parse_category_uri(uri)
    return CategoryId(parsed[1] if parsed else "")
