"""Lists that come in several replies to one command, put together: rooms that were found, people, invitations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from parlour.client.replies import Pieces
from parlour.xccos.types import (
    AddIns,
    Associations,
    CategoriesFound,
    Invitations,
    PeopleFound,
    RoomRoles,
    RoomsFound,
    UnreadCounts,
)

__all__ = ["GatheredList"]

T = TypeVar("T")

_TOGETHER: Final[Mapping[type, Callable[[Any, Any], object]]] = {
    RoomsFound: lambda a, b: RoomsFound(a.rooms + b.rooms, a.truncated or b.truncated),
    Associations: lambda a, b: Associations(a.kind, a.rooms + b.rooms, a.truncated or b.truncated),
    Invitations: lambda a, b: Invitations(a.invitations + b.invitations, a.truncated or b.truncated),
    UnreadCounts: lambda a, b: UnreadCounts(a.rooms + b.rooms, a.failed + b.failed),
    RoomRoles: lambda a, b: RoomRoles(a.room_uri, a.roles + b.roles),
    CategoriesFound: lambda a, b: CategoriesFound(a.categories + b.categories, a.truncated or b.truncated),
    PeopleFound: lambda a, b: PeopleFound(a.people + b.people, a.truncated or b.truncated),
    AddIns: lambda a, b: AddIns(a.addins + b.addins),
}


class GatheredList(Pieces[T]):
    """The answer to a command that lists something: a body of `body_type`, made of all that came. A list inside the
    list (a role, a category) may have been cut, and is there several times then."""

    def __init__(self, body_type: type[T], room: str = "") -> None:
        super().__init__(body_type, room)
        self._together = _TOGETHER[body_type]
        self._whole: T | None = None

    def _add(self, body: T) -> bool:
        self._whole = body if self._whole is None else self._together(self._whole, body)  # type: ignore[assignment]
        return False

    @property
    def result(self) -> T:
        return self._whole  # type: ignore[return-value]  # complete: `take` was there
