"""Names on the wire as names of the house. A name that is none is one that nothing has, and is refused as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parlour.rooms.editing import CategoryList, ListEdit, Op
from parlour.rooms.model import CategoryId, Role, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.ids import parse_category_uri, parse_room_uri
from parlour.xccos.types import ListSetting

__all__ = ["category_edits", "category_id", "role_edits", "room_id"]

_NOTHING = "none"
_TWICE = Refused(Refusal.ALREADY_DEFINED, "somebody is named twice in a list")
_CATEGORY_LISTS = {"ALLOWED": CategoryList.ALLOWED, "DENIED": CategoryList.DENIED, "CREATOR": CategoryList.CREATORS}
_ROLES = {role.value: role for role in Role}


def room_id(uri: str) -> RoomId:
    """The room that a URI names. Its domain is not looked at: all rooms of a pool are of one domain."""
    parsed = parse_room_uri(uri)
    return RoomId(parsed[1] if parsed else _NOTHING)


def category_id(uri: str) -> CategoryId:
    """As `room_id`."""
    parsed = parse_category_uri(uri)
    return CategoryId(parsed[1] if parsed else _NOTHING)


def role_edits(lists: Iterable[ListSetting]) -> tuple[ListEdit, ...] | Refused:
    """Edits of a room's role lists."""
    return _edits(lists, _ROLES)


def category_edits(lists: Iterable[ListSetting]) -> tuple[ListEdit, ...] | Refused:
    """Edits of a category's scope and creators."""
    return _edits(lists, _CATEGORY_LISTS)


def _edits(
    lists: Iterable[ListSetting], known: Mapping[str, Role] | Mapping[str, CategoryList]
) -> tuple[ListEdit, ...] | Refused:
    edits = []
    for one in lists:
        principals = frozenset(one.principals)
        if len(principals) < len(one.principals):
            return _TWICE
        edits.append(ListEdit(known[one.which], Op(one.op), principals))
    return tuple(edits)
