"""Commands that make and change rooms and categories, and their lists of people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from parlour.xccos.blocks import INFO_VISIBILITY, INFO_VISIBILTY, PROP_INVITE
from parlour.xccos.decode.reader import Reader
from parlour.xccos.fields import (
    BEHAVIORS,
    VISIBILITIES,
    Malformed,
    Word,
    category_uri_of,
    choice,
    guid_or_text,
    optional_bool,
    optional_text,
    principal_of,
    required,
    room_uri_of,
    row_limit,
    single,
    text_of,
    time_of,
    told_switch,
)
from parlour.xccos.ids import canonical_category_uri
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
    ListOp,
    ListSetting,
    ListWord,
    ModifyCategory,
    ModifyRoom,
    MoveRoom,
    RoleWord,
    RoomSettings,
    SearchCategories,
    SetRoles,
    SetScope,
    SwitchSetting,
)
from parlour.xccos.xml import Element

__all__ = ["COMMANDS"]

_ROOM_ROLES: Final[Mapping[str, RoleWord]] = {"MEMBER": "MEMBER", "MANAGER": "MANAGER", "PRESENTER": "PRESENTER"}
_CATEGORY_ROLES: Final[Mapping[str, RoleWord]] = {"CREATOR": "CREATOR"}
_SCOPES: Final[Mapping[str, ListWord]] = {"ALLOWED": "ALLOWED", "DENIED": "DENIED"}
_OPS: Final[Mapping[str, ListOp]] = {"ADD": "ADD", "DEL": "DEL", "SET": "SET"}

# Lists ----------------------------------------------------------------------------------------------------------------


def _role(role: Element, default_op: ListOp, roles: Mapping[str, RoleWord]) -> ListSetting:
    return _list(role, _word(role, "name", roles), default_op)


def _scope(scope: Element, default_op: ListOp) -> ListSetting:
    return _list(scope, _word(scope, "type", _SCOPES), default_op)


def _list(element: Element, which: ListWord, default_op: ListOp) -> ListSetting:
    op = choice(element.get("op"), "op", _OPS) or default_op
    return ListSetting(which, op, tuple(principal_of(uib) for uib in element.find_all("uib")))


def _word(element: Element, attribute: str, words: Mapping[str, Word]) -> Word:
    found = choice(element.get(attribute), f"{element.tag} {attribute}", words)
    if found is None:
        raise Malformed(f"{element.tag} {attribute} is missing")
    return found


def _room_roles(chanib: Element, default_op: ListOp) -> tuple[ListSetting, ...]:
    return _joined(_role(role, default_op, _ROOM_ROLES) for role in chanib.find_all("role"))


def _scopes(elements: Iterable[Element]) -> tuple[ListSetting, ...]:
    return _joined(_scope(scope, "ADD") for scope in elements)


def _joined(settings: Iterable[ListSetting]) -> tuple[ListSetting, ...]:
    """One list that comes in parts is one list: the second part does not replace the first."""
    parts: dict[tuple[ListWord, ListOp], tuple[str, ...]] = {}
    for one in settings:
        parts[one.which, one.op] = parts.get((one.which, one.op), ()) + one.principals
    return tuple(ListSetting(which, op, principals) for (which, op), principals in parts.items())


def _of_something_new(settings: Iterable[ListSetting]) -> None:
    if any(one.op == "DEL" for one in settings):
        raise Malformed("DEL: nobody is in the lists of something new")


# Rooms ----------------------------------------------------------------------------------------------------------------


def _creatable_categories(_data: Element, seqid: int) -> CreatableCategories:
    return CreatableCategories(seqid)


def _create_room(data: Element, seqid: int) -> CreateRoom:
    chanib = single(data, "chanib")
    text_of(chanib, "name")
    text_of(chanib, "parent")
    settings = _room_settings(chanib)
    _of_something_new(settings.roles)
    return CreateRoom(seqid, settings)


def _modify_room(data: Element, seqid: int) -> ModifyRoom:
    chanib = single(data, "chanib")
    return ModifyRoom(seqid, room_uri_of(chanib, "uri"), _room_settings(chanib))


def _room_settings(chanib: Element) -> RoomSettings:
    addin = chanib.get("siopid")
    return RoomSettings(
        chanib.get("name"),
        chanib.get("description"),
        chanib.get("topic"),
        _parent(chanib),
        choice(chanib.get("behavior"), "behavior", BEHAVIORS),
        choice(_visibility(chanib), "visibility", VISIBILITIES),
        optional_bool(chanib, "disabled"),
        _invite(chanib),
        None if addin is None else guid_or_text(addin),
        _room_roles(chanib, "SET"),
        _expected(chanib),
    )


def _parent(element: Element) -> str | None:
    parent = optional_text(element, "parent")
    return None if parent is None else canonical_category_uri(parent)


def _visibility(chanib: Element) -> str | None:
    return _text(chanib, "info", INFO_VISIBILITY) or _text(chanib, "info", INFO_VISIBILTY) or chanib.get("visibility")


def _invite(chanib: Element) -> SwitchSetting | None:
    return told_switch(_text(chanib, "prop", PROP_INVITE), "invite")


def _text(chanib: Element, tag: str, name: str) -> str | None:
    for element in chanib.find_all(tag):
        if (element.get("id") or "").strip().lower() == name:
            return element.text.strip()
    return None


def _expected(element: Element) -> int | None:
    audit = element.find("audit")
    return None if audit is None else time_of(audit, "updatedon")


def _delete_room(data: Element, seqid: int) -> DeleteRoom:
    return DeleteRoom(seqid, room_uri_of(single(data, "chanib"), "uri"))


def _move_room(data: Element, seqid: int) -> MoveRoom:
    chanib = single(data, "chanib")
    return MoveRoom(seqid, room_uri_of(chanib, "uri"), category_uri_of(chanib, "parent"))


def _get_roles(data: Element, seqid: int) -> GetRoles:
    chanib = single(data, "chanib")
    roles = tuple(_word(role, "name", _ROOM_ROLES) for role in chanib.find_all("role"))
    return GetRoles(seqid, room_uri_of(chanib, "uri"), roles)


def _set_roles(data: Element, seqid: int) -> SetRoles:
    chanib = single(data, "chanib")
    required(chanib, "role")
    return SetRoles(seqid, room_uri_of(chanib, "uri"), _room_roles(chanib, "ADD"))


# Categories -----------------------------------------------------------------------------------------------------------


def _create_category(data: Element, seqid: int) -> CreateCategory:
    catib = single(data, "catib")
    text_of(catib, "name")
    settings = _category_settings(catib)
    _of_something_new(settings.lists)
    return CreateCategory(seqid, settings)


def _modify_category(data: Element, seqid: int) -> ModifyCategory:
    catib = single(data, "catib")
    return ModifyCategory(seqid, category_uri_of(catib, "uri"), _category_settings(catib))


def _category_settings(catib: Element) -> CategorySettings:
    return CategorySettings(
        catib.get("name"),
        catib.get("description"),
        _parent(catib),
        told_switch(catib.get("invite"), "invite"),
        told_switch(catib.get("logged"), "logged"),
        told_switch(catib.get("filepost"), "filepost"),
        _joined(_category_lists(catib)),
        _expected(catib),
    )


def _category_lists(catib: Element) -> Iterable[ListSetting]:
    for element in catib.children:
        if element.tag == "scope":
            yield _scope(element, "SET")
        elif element.tag == "role":
            yield _role(element, "SET", _CATEGORY_ROLES)


def _category(data: Element) -> str:
    return category_uri_of(single(data, "catib"), "uri")


def _delete_category(data: Element, seqid: int) -> DeleteCategory:
    return DeleteCategory(seqid, _category(data))


def _get_category(data: Element, seqid: int) -> GetCategory:
    return GetCategory(seqid, _category(data))


def _search_categories(data: Element, seqid: int) -> SearchCategories:
    qib = required(data, "qib")
    return SearchCategories(seqid, optional_text(qib, "criteria") or "", row_limit(qib))


def _get_scope(data: Element, seqid: int) -> GetScope:
    return GetScope(seqid, _category(data))


def _set_scope(data: Element, seqid: int) -> SetScope:
    catib = single(data, "catib")
    required(catib, "scope")
    return SetScope(seqid, category_uri_of(catib, "uri"), _scopes(catib.find_all("scope")))


COMMANDS: Final[Mapping[str, Reader]] = {
    "nodespermcreatechild": _creatable_categories,
    "chancreate": _create_room,
    "chanmodify": _modify_room,
    "chandelete": _delete_room,
    "chanmove": _move_room,
    "getroles": _get_roles,
    "setroles": _set_roles,
    "catcreate": _create_category,
    "catmodify": _modify_category,
    "catdelete": _delete_category,
    "catinfo": _get_category,
    "catsrch": _search_categories,
    "getscope": _get_scope,
    "setscope": _set_scope,
}
