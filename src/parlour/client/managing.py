"""Making and changing rooms, and who stands in their roles. `Client.manage`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias, TypedDict, Unpack

from parlour.client.courier import Courier
from parlour.client.finding import Behavior, Visibility
from parlour.client.naming import Named, RoomLike, addin_id_of, category_uri_of, check_keywords, room_uri_of, uris_of
from parlour.xccos.types import (
    AddIn,
    CategoriesFound,
    CategoryInfo,
    CreatableCategories,
    CreateRoom,
    DeleteRoom,
    GetRoles,
    ListMembers,
    ListSetting,
    ModifyRoom,
    MoveRoom,
    PartedRoom,
    RoomCard,
    RoomRoles,
    RoomSettings,
    SetRoles,
    SwitchSetting,
    UserInfo,
)

__all__ = ["ManageRooms", "NewSettings", "Role", "by_list"]

Role: TypeAlias = Literal["MEMBER", "MANAGER", "PRESENTER"]


class NewSettings(TypedDict, total=False):
    """Settings of a room; what is left out stays as it is. `invite` is True, False or "inherit": as the category has
    it; `addin` is an add-in or its id, "" for none."""

    description: str
    topic: str
    visibility: Visibility
    behavior: Behavior
    invite: SwitchSetting
    addin: AddIn | str


class ManageRooms:
    """For managers, creators and administrators (docs/protocol/rooms.md). Every method raises ClientError, most of them
    PermissionDenied, RoomNotFound and PrincipalNotFound.

    Principals are URIs: `sip:` for people, `ma-grp:` for groups."""

    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    # -- rooms -------------------------------------------------------------------------------------------------

    async def creatable_categories(self) -> tuple[CategoryInfo, ...]:
        """Categories in which we may make rooms."""
        return (await self._courier.ask_list(CreatableCategories(1), CategoriesFound)).categories

    async def create_room(
        self,
        name: str,
        category: Named | str,
        *,
        members: Sequence[str] = (),
        managers: Sequence[str] = (),
        presenters: Sequence[str] = (),
        **settings: Unpack[NewSettings],
    ) -> RoomCard:
        """A new room, of which we become manager. Raises DuplicateName, CannotCreate, NotInScope."""
        lists: tuple[tuple[Role, Sequence[str]], ...] = (
            ("MEMBER", members),
            ("MANAGER", managers),
            ("PRESENTER", presenters),
        )
        roles = tuple(ListSetting(role, "SET", uris_of(uris)) for role, uris in lists if uris)
        wanted = _settings(settings, room_name=name, parent=category_uri_of(category), roles=roles)
        return await self._courier.ask(CreateRoom(1, wanted), RoomCard)

    async def modify_room(
        self,
        room: RoomLike,
        *,
        name: str | None = None,
        expected: int | None = None,
        **settings: Unpack[NewSettings],
    ) -> RoomCard:
        """Change settings of a room. Given a RoomCard, the change is refused (DataCollision) if somebody else has
        changed the room since; `expected` is the same by hand, an `updated_at`. Raises DuplicateName."""
        if isinstance(room, RoomCard):
            expected = expected or (None if room.room.audit is None else room.room.audit.updated_at)
        return await self._modify(room, _settings(settings, room_name=name, expected=expected))

    async def disable_room(self, room: RoomLike) -> RoomCard:
        """Everybody is out, nothing is lost."""
        return await self._modify(room, RoomSettings(disabled=True))

    async def enable_room(self, room: RoomLike) -> RoomCard:
        """People may enter again; for administrators."""
        return await self._modify(room, RoomSettings(disabled=False))

    async def move_room(self, room: RoomLike, category: Named | str) -> None:
        """Into another category. Whoever is not in its scope loses the roles in the room."""
        uri = room_uri_of(room)
        await self._courier.ask(MoveRoom(1, uri, category_uri_of(category)), RoomCard, uri)

    async def delete_room(self, room: RoomLike) -> None:
        """For good, with its messages; for administrators."""
        uri = room_uri_of(room)
        await self._courier.ask(DeleteRoom(1, uri), PartedRoom, uri)

    async def _modify(self, room: RoomLike, settings: RoomSettings) -> RoomCard:
        uri = room_uri_of(room)
        return await self._courier.ask(ModifyRoom(1, uri, settings), RoomCard, uri)

    # -- roles -------------------------------------------------------------------------------------------------

    async def roles(self, room: RoomLike, *roles: Role) -> dict[str, tuple[UserInfo, ...]]:
        """Who stands in these roles, by role; without any, in all of them."""
        uri = room_uri_of(room)
        return by_list((await self._courier.ask_list(GetRoles(1, uri, roles), RoomRoles, uri)).roles)

    async def add_to_role(self, room: RoomLike, role: Role, *principals: str) -> None:
        """Raises AlreadyDefined, NotInScope, PresenterNotMember."""
        await self.edit_roles(room, ListSetting(role, "ADD", principals))

    async def remove_from_role(self, room: RoomLike, role: Role, *principals: str) -> None:
        """Who may not be in the room any more is out at once."""
        await self.edit_roles(room, ListSetting(role, "DEL", principals))

    async def set_role(self, room: RoomLike, role: Role, *principals: str) -> None:
        """These and no others."""
        await self.edit_roles(room, ListSetting(role, "SET", principals))

    async def edit_roles(self, room: RoomLike, *edits: ListSetting) -> None:
        """Several edits at once: all of them or none."""
        uri = room_uri_of(room)
        await self._courier.ask(SetRoles(1, uri, edits), PartedRoom, uri)


def by_list(lists: Iterable[ListMembers]) -> dict[str, tuple[UserInfo, ...]]:
    """Lists of principals by their names; what came in several parts is one list again."""
    found: dict[str, list[UserInfo]] = {}
    for one in lists:
        found.setdefault(one.which, []).extend(one.principals)
    return {which: tuple(principals) for which, principals in found.items()}


def _settings(
    settings: NewSettings,
    *,
    room_name: str | None,
    parent: str | None = None,
    roles: tuple[ListSetting, ...] = (),
    expected: int | None = None,
) -> RoomSettings:
    check_keywords(settings, NewSettings)
    addin = settings.get("addin")
    return RoomSettings(
        room_name=room_name,
        description=settings.get("description"),
        topic=settings.get("topic"),
        parent=parent,
        behavior=settings.get("behavior"),
        visibility=settings.get("visibility"),
        invite=settings.get("invite"),
        addin=addin_id_of(addin) if addin else None if addin is None else "",
        roles=roles,
        expected=expected,
    )
