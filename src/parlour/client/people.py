"""People and groups. `Client.people`."""

from __future__ import annotations

from typing import Literal

from parlour.client.courier import Courier
from parlour.client.errors import PrincipalNotFound
from parlour.client.naming import Named, RoomLike, category_uri_of, room_uri_of
from parlour.xccos.types import (
    FindPrincipals,
    FindUsers,
    GetGroupInfo,
    GetUserInfo,
    PeopleFound,
    UserInfo,
)

__all__ = ["People"]


class People:
    """Every method raises ClientError."""

    def __init__(self, courier: Courier, me: str) -> None:
        self._courier = courier
        self._me = me

    async def find_users(
        self, text: str = "", *, first: str = "", last: str = "", email: str = "", limit: int | None = None
    ) -> PeopleFound:
        """People whose names or mail address contain all that is given; `text` may be in any of them."""
        return await self._courier.ask_list(FindUsers(1, last, first, email, text, limit), PeopleFound)

    async def eligible_for_room(
        self,
        room: RoomLike,
        role: Literal["MEMBER", "MANAGER", "PRESENTER"] = "MEMBER",
        text: str = "",
        *,
        limit: int | None = None,
    ) -> PeopleFound:
        """People and groups who may stand in a role of a room."""
        uri = room_uri_of(room)
        command = FindPrincipals(1, role, text, room_uri=uri, max_results=limit)
        return await self._courier.ask_list(command, PeopleFound, uri)

    async def eligible_for_category(
        self,
        category: Named | str,
        role: Literal["MEMBER", "MANAGER", "PRESENTER", "CREATOR"] = "MEMBER",
        text: str = "",
        *,
        limit: int | None = None,
    ) -> PeopleFound:
        """People and groups who may stand in a role of the category, or of a room that is still to be made there."""
        command = FindPrincipals(1, role, text, category_uri=category_uri_of(category), max_results=limit)
        return await self._courier.ask_list(command, PeopleFound)

    async def user(self, uri: str | None = None) -> UserInfo:
        """Everything about a person: ourselves, or, for administrators, anybody. Raises PrincipalNotFound."""
        return _only(await self._courier.ask(GetUserInfo(1, uri or self._me), PeopleFound))

    async def group(self, uri: str) -> UserInfo:
        """Everything about a group, folder or domain; for administrators. Raises PrincipalNotFound."""
        return _only(await self._courier.ask(GetGroupInfo(1, uri), PeopleFound))


def _only(found: PeopleFound) -> UserInfo:
    if not found.people:
        raise PrincipalNotFound
    return found.people[0]
