"""Finding rooms: every way there is. `Client.find`."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, TypeAlias, TypedDict, Unpack, get_args

from parlour.client.courier import Courier
from parlour.client.errors import InvalidArgument, RoomNotFound
from parlour.client.naming import Named, RoomLike, addin_id_of, category_uri_of, check_keywords, room_uri_of
from parlour.xccos.types import (
    AddIn,
    AssociationKind,
    Associations,
    BehaviorWord,
    GetAssociations,
    RoomInfo,
    RoomsFound,
    SearchRooms,
    VisibilityWord,
)

__all__ = ["Behavior", "FindRooms", "RoomFilter", "RoomMatch", "Visibility"]

RoomMatch: TypeAlias = Literal["any", "all", "phrase"]
Visibility: TypeAlias = VisibilityWord
"""Open, closed, secret (docs/protocol/rooms.md, Words)."""
Behavior: TypeAlias = BehaviorWord


class RoomFilter(TypedDict, total=False):
    """What rooms must be like: all that is given."""

    member: str
    manager: str
    """`sip:` URIs."""
    category: Named | str
    addin: AddIn | str
    """An add-in, or its id."""
    visibility: Visibility
    behavior: Behavior
    invite: bool
    disabled: bool


class FindRooms:
    """Only rooms that we may see are found. Every method raises ClientError; `limit` cannot go beyond the server's
    (`ServerInfo.search_limit`), and `truncated` tells that there were more."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    async def by_name(
        self, text: str = "", *, match: RoomMatch = "any", descriptions: bool = False, limit: int | None = None
    ) -> RoomsFound:
        """Rooms whose name (or description) has the words of `text`; without text, every room we may see."""
        return await self._search(_worded("BYNAME", text, match, descriptions, limit))

    async def by_filter(
        self,
        text: str = "",
        *,
        match: RoomMatch = "any",
        descriptions: bool = False,
        limit: int | None = None,
        **wanted: Unpack[RoomFilter],
    ) -> RoomsFound:
        """As `by_name`, and the rooms have all else that is wanted. Rooms that are `disabled` are found by those who
        manage them, and only if asked for."""
        check_keywords(wanted, RoomFilter)
        category, addin = wanted.get("category"), wanted.get("addin")
        command = replace(
            _worded("BYFILTER", text, match, descriptions, limit),
            member=wanted.get("member"),
            manager=wanted.get("manager"),
            category=None if category is None else category_uri_of(category),
            addin=None if addin is None else addin_id_of(addin),
            visibility=wanted.get("visibility"),
            behavior=wanted.get("behavior"),
            invite=wanted.get("invite"),
            disabled=wanted.get("disabled"),
        )
        return await self._search(command)

    async def by_category(self, category: Named | str, *, limit: int | None = None) -> RoomsFound:
        """Rooms that stand in a category."""
        return await self._search(SearchRooms(1, "BYCATEGORY", category=category_uri_of(category), max_results=limit))

    async def by_user(self, user_uri: str, *, limit: int | None = None) -> RoomsFound:
        """Rooms in which somebody is now."""
        return await self._search(SearchRooms(1, "BYUSER", user_uri, max_results=limit))

    async def by_member(self, *, limit: int | None = None) -> RoomsFound:
        """Rooms of which we are a member; `memberships` tells the same in other words."""
        return await self._search(SearchRooms(1, "BYMEMBER", max_results=limit))

    async def by_manager(self, *, limit: int | None = None) -> RoomsFound:
        """Rooms that we manage; `managed` tells the same in other words."""
        return await self._search(SearchRooms(1, "BYMANAGER", max_results=limit))

    async def by_addin(self, addin: AddIn | str, *, limit: int | None = None) -> RoomsFound:
        """Rooms that show an add-in; given by itself or by its id. Raises InvalidArgument for a title."""
        return await self._search(SearchRooms(1, "BYADDIN", addin=addin_id_of(addin), max_results=limit))

    async def by_uri(self, room: RoomLike) -> RoomInfo:
        """The room with this URI. Raises RoomNotFound."""
        uri = room_uri_of(room)
        return _only(await self._courier.ask(SearchRooms(1, "BYURI", uri), RoomsFound), uri)

    async def by_exact_name(self, name: str) -> RoomInfo:
        """The room of this name, in any case. Raises RoomNotFound."""
        return _only(await self._courier.ask(SearchRooms(1, "BYEXACTNAME", name), RoomsFound), name)

    async def memberships(self, *, limit: int | None = None) -> Associations:
        """Rooms of which we are a member."""
        return await self._associations("MEMBER", limit)

    async def managed(self, *, limit: int | None = None) -> Associations:
        """Rooms that we manage, disabled ones too."""
        return await self._associations("MANAGER", limit)

    async def _search(self, command: SearchRooms) -> RoomsFound:
        return await self._courier.ask_list(command, RoomsFound)

    async def _associations(self, kind: AssociationKind, limit: int | None) -> Associations:
        return await self._courier.ask_list(GetAssociations(1, kind, self._courier.domain, limit), Associations)


def _worded(query_type: str, text: str, match: RoomMatch, descriptions: bool, limit: int | None) -> SearchRooms:
    if match not in get_args(RoomMatch):
        raise InvalidArgument(text=f"match is one of {', '.join(get_args(RoomMatch))}, not {match!r}")
    return SearchRooms(
        1,
        query_type,
        text,
        search_description=descriptions,
        match_all=match == "all",
        match_exact_phrase=match == "phrase",
        max_results=limit,
    )


def _only(found: RoomsFound, wanted: str) -> RoomInfo:
    if not found.rooms:
        raise RoomNotFound(room=wanted)
    return found.rooms[0]
