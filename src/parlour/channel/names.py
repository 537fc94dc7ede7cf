"""Names on the wire as names of the house. A name that is none is one that nothing has, and is refused as such."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from parlour.rooms.editing import CategoryList, ListEdit, Op
from parlour.rooms.model import CategoryId, Role, RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.xccos.ids import parse_category_uri, parse_room_uri
from parlour.xccos.types import ListSetting, RoomRef

__all__ = ["Names", "category_edits", "role_edits"]

_NOTHING = "none"
_TWICE = Refused(Refusal.ALREADY_DEFINED, "somebody is named twice in a list")
_CATEGORY_LISTS = {"ALLOWED": CategoryList.ALLOWED, "DENIED": CategoryList.DENIED, "CREATOR": CategoryList.CREATORS}
_ROLES = {role.value: role for role in Role}


class Names:
    """Of the rooms and categories of a pool, which are all of its `domain`: a URI with another one names nothing here,
    whatever its number (docs/protocol/xccos.md, Names)."""

    def __init__(self, domain: str) -> None:
        self._domain = domain.lower()

    def room_id(self, uri: str) -> RoomId:
        """The room that a URI names."""
        return RoomId(self._ours(parse_room_uri(uri)))

    def room_of(self, ref: RoomRef) -> RoomId:
        """The room that a join command names; it may leave the domain out. Each that is none is another one."""
        return RoomId(ref.guid if ref.domain in ("", self._domain) else ref.uri)

    def category_id(self, uri: str) -> CategoryId:
        """As `room_id`."""
        return CategoryId(self._ours(parse_category_uri(uri)))

    def _ours(self, parsed: tuple[str, str] | None) -> str:
        return parsed[1] if parsed is not None and parsed[0] == self._domain else _NOTHING


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
