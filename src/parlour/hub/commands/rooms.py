"""Commands about rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from parlour.hub.commands.finding import find_category, find_principals, find_room
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import VISIBILITIES, show_room, show_room_row
from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import Behavior, Person, Role, Room
from parlour.rooms.refusals import Refused
from parlour.rooms.search import RoomQuery, compile_query

__all__ = ["COMMANDS"]

_ROOM = "Name or id of the room."


@dataclass(frozen=True, slots=True)
class Create:
    name: str = param("Name of the new room; unique among rooms and categories.")
    category: str = param("Name or id of the category it belongs to.")
    description: str = param("What the room is for.", "")
    visibility: Literal["open", "closed", "secret"] = param(
        "open: everybody in the category's scope may enter; closed: all of them find it, members enter; "
        "secret: members alone know of it.",
        "closed",
    )
    behavior: Literal["normal", "auditorium"] = param("auditorium: presenters alone post.", "normal")
    member: tuple[str, ...] = param("People or groups who may enter.", ())
    manager: tuple[str, ...] = param("People or groups who may change it.", ())
    presenter: tuple[str, ...] = param("Members who may post in an auditorium.", ())
    invite: bool = param("Whether new members are invited, if the category invites.", True)
    addin: str | None = param("Web page shown beside the room.", None)


@dataclass(frozen=True, slots=True)
class Modify:
    room: str = param(_ROOM)
    name: str | None = param("New name.", None)
    description: str | None = param("New description.", None)
    topic: str | None = param("New topic.", None)
    category: str | None = param("Move the room to this category; who is outside its scope loses the place.", None)
    visibility: Literal["open", "closed", "secret"] | None = param("open, closed or secret.", None)
    behavior: Literal["normal", "auditorium"] | None = param("normal or auditorium.", None)
    invite: bool | None = param("Whether new members are invited, if the category invites.", None)
    addin: str | None = param('Web page shown beside the room; "" for none.', None)


@dataclass(frozen=True, slots=True)
class List:
    text: str = param("Words that the name or description contains.", "")
    category: str | None = param("Only rooms of this category.", None)
    disabled: bool | None = param("Only disabled rooms, or only enabled ones.", None)


@dataclass(frozen=True, slots=True)
class One:
    room: str = param(_ROOM)


@dataclass(frozen=True, slots=True)
class Who:
    room: str = param(_ROOM)
    who: tuple[str, ...] = param("Logins, addresses, group names, or everyone.")


async def _create(context: Context, actor: Person | None, params: Create) -> Any:
    category = find_category(context, actor, params.category)
    if isinstance(category, Refused):
        return category
    lists = []
    for role, texts in (
        (Role.MEMBER, params.member),
        (Role.MANAGER, params.manager),
        (Role.PRESENTER, params.presenter),
    ):
        uris = find_principals(context, texts)
        if isinstance(uris, Refused):
            return uris
        if uris:
            lists.append(ListEdit(role, Op.ADD, uris))
    change = RoomChange(
        name=params.name,
        description=params.description,
        visibility=VISIBILITIES[params.visibility],
        behavior=Behavior[params.behavior.upper()],
        invite=params.invite,
        addin=params.addin,
        lists=tuple(lists),
    )
    return _shown(context, await context.hub.managing.create_room(actor, category.id, change))


async def _list(context: Context, actor: Person | None, params: List) -> Any:
    query = RoomQuery(text=params.text, descriptions=True, disabled=params.disabled)
    if params.category is not None:
        category = find_category(context, actor, params.category)
        if isinstance(category, Refused):
            return category
        query = replace(query, category=category.id)
    if actor is not None:
        return [show_room_row(context, row.room) for row in context.hub.find_rooms_as(actor, query).rows]
    return [show_room_row(context, room) for room in _every_room(context, query)]


def _every_room(context: Context, query: RoomQuery) -> list[Room]:
    """For the console: no limit, and nothing hidden."""
    catalogue, fits = context.hub.catalogue, compile_query(query)
    rooms = [catalogue.rooms[room] for name, room in catalogue.by_name() if fits(catalogue.rooms[room], name)]
    return [room for room in rooms if query.disabled is None or room.disabled is query.disabled]


async def _show(context: Context, actor: Person | None, params: One) -> Any:
    return _shown(context, find_room(context, actor, params.room))


async def _modify(context: Context, actor: Person | None, params: Modify) -> Any:
    change = RoomChange(
        name=params.name,
        description=params.description,
        topic=params.topic,
        visibility=VISIBILITIES[params.visibility] if params.visibility else None,
        behavior=Behavior[params.behavior.upper()] if params.behavior else None,
        invite=params.invite,
        addin=params.addin,
    )
    if params.category is not None:
        category = find_category(context, actor, params.category)
        if isinstance(category, Refused):
            return category
        change = replace(change, category=category.id)
    return await _changed(context, actor, params.room, change)


async def _delete(context: Context, actor: Person | None, params: One) -> Any:
    room = find_room(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    deleted = await context.hub.managing.delete_room(actor, room.id)
    return deleted if isinstance(deleted, Refused) else {"deleted": deleted.name, "id": deleted.id}


async def _changed(context: Context, actor: Person | None, text: str, change: RoomChange) -> Any:
    room = find_room(context, actor, text)
    if isinstance(room, Refused):
        return room
    return _shown(context, await context.hub.managing.modify_room(actor, room.id, change))


def _shown(context: Context, room: Room | Refused) -> Any:
    return room if isinstance(room, Refused) else show_room(context, room)


def _switching(disabled: bool) -> Callable[[Context, Person | None, One], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: One) -> Any:
        return await _changed(context, actor, params.room, RoomChange(disabled=disabled))

    return run


def _editing(role: Role, op: Op) -> Callable[[Context, Person | None, Who], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: Who) -> Any:
        uris = find_principals(context, params.who)
        if isinstance(uris, Refused):
            return uris
        return await _changed(context, actor, params.room, RoomChange(lists=(ListEdit(role, op, uris),)))

    return run


COMMANDS: tuple[Command[Any], ...] = (
    Command("room.create", Create, "Make a room.", _create),
    Command("room.list", List, "List rooms.", _list),
    Command("room.show", One, "Show a room with its people's roles.", _show),
    Command("room.modify", Modify, "Change a room; what is not given stays.", _modify),
    Command("room.disable", One, "Close a room: everybody is out, nothing is lost.", _switching(disabled=True)),
    Command("room.enable", One, "Open a disabled room again.", _switching(disabled=False)),
    Command("room.delete", One, "Delete a room and its messages for good.", _delete),
    Command("room.member.add", Who, "Let people or groups enter a room.", _editing(Role.MEMBER, Op.ADD)),
    Command("room.member.remove", Who, "Take members away; who is inside is out.", _editing(Role.MEMBER, Op.DELETE)),
    Command("room.manager.add", Who, "Let people or groups manage a room.", _editing(Role.MANAGER, Op.ADD)),
    Command("room.manager.remove", Who, "Take managers away.", _editing(Role.MANAGER, Op.DELETE)),
    Command("room.presenter.add", Who, "Let members post in an auditorium.", _editing(Role.PRESENTER, Op.ADD)),
    Command("room.presenter.remove", Who, "Take presenters away.", _editing(Role.PRESENTER, Op.DELETE)),
)
