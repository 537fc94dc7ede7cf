"""The data of commands that make and change rooms and categories, and their lists of people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import (
    INFO_VISIBILITY,
    PROP_INVITE,
    SCOPES,
    category_reference,
    element,
    room_reference,
)
from parlour.xccos.times import format_time
from parlour.xccos.types import (
    CategorySettings,
    CreatableCategories,
    CreateCategory,
    CreateRoom,
    DeleteCategory,
    DeleteRoom,
    GetCategory,
    GetRoles,
    GetScope,
    ListSetting,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    RoomSettings,
    SearchCategories,
    SetRoles,
    SetScope,
)
from parlour.xml.escape import escape_text

__all__ = ["REQUESTS"]

# Lists ----------------------------------------------------------------------------------------------------------------


def _lists(settings: Iterable[ListSetting]) -> str:
    return "".join([_list(setting) for setting in settings])


def _list(setting: ListSetting) -> str:
    people = "".join([element("uib", uri=uri) for uri in setting.principals])
    if setting.which in SCOPES:
        return element("scope", people, type=setting.which, op=setting.op)
    return element("role", people, name=setting.which, op=setting.op)


def _expected(at: int | None) -> str:
    return "" if at is None else f'<audit updatedon="{format_time(at)}"/>'


# Rooms ----------------------------------------------------------------------------------------------------------------


def _nothing(_request: CreatableCategories) -> str:
    return ""


def _create_room(request: CreateRoom) -> str:
    return _settings(None, request.settings)


def _modify_room(request: ModifyRoom) -> str:
    return _settings(request.room_uri, request.settings)


def _settings(uri: str | None, room: RoomSettings) -> str:
    seen = "" if room.visibility is None else f'<info id="{INFO_VISIBILITY}">{escape_text(room.visibility)}</info>'
    invite = "" if room.invite is None else f'<prop id="{PROP_INVITE}">{room.invite}</prop>'
    return element(
        "chanib",
        f"{_expected(room.expected)}{seen}{invite}{_lists(room.roles)}",
        uri=uri,
        name=room.room_name,
        description=room.description,
        parent=room.parent,
        behavior=room.behavior,
        topic=room.topic,
        disabled=room.disabled,
        siopid=room.addin,
    )


def _delete_room(request: DeleteRoom) -> str:
    return room_reference(request.room_uri)


def _move_room(request: MoveRoom) -> str:
    return element("chanib", uri=request.room_uri, parent=request.parent)


def _get_roles(request: GetRoles) -> str:
    roles = "".join([element("role", name=role) for role in request.roles])
    return element("chanib", roles, uri=request.room_uri)


def _set_roles(request: SetRoles) -> str:
    return element("chanib", _lists(request.roles), uri=request.room_uri)


# Categories -----------------------------------------------------------------------------------------------------------


def _create_category(request: CreateCategory) -> str:
    return _category_settings(None, request.settings)


def _modify_category(request: ModifyCategory) -> str:
    return _category_settings(request.category_uri, request.settings)


def _category_settings(uri: str | None, category: CategorySettings) -> str:
    return element(
        "catib",
        f"{_expected(category.expected)}{_lists(category.lists)}",
        uri=uri,
        name=category.category_name,
        description=category.description,
        parent=category.parent,
        invite=category.invite,
        logged=category.logged,
        filepost=category.filepost,
    )


def _category(request: DeleteCategory | GetCategory | GetScope) -> str:
    return category_reference(request.category_uri)


def _search_categories(request: SearchCategories) -> str:
    return element("qib", qtype="BYNAME", criteria=request.criteria, maxResults=request.max_results)


def _set_scope(request: SetScope) -> str:
    return element("catib", _lists(request.scopes), uri=request.category_uri)


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    CreatableCategories: _nothing,
    CreateRoom: _create_room,
    ModifyRoom: _modify_room,
    DeleteRoom: _delete_room,
    MoveRoom: _move_room,
    GetRoles: _get_roles,
    SetRoles: _set_roles,
    CreateCategory: _create_category,
    ModifyCategory: _modify_category,
    DeleteCategory: _category,
    GetCategory: _category,
    SearchCategories: _search_categories,
    GetScope: _category,
    SetScope: _set_scope,
}
