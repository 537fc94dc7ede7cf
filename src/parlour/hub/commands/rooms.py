"""Commands about rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, cast

from parlour.hub.changing import name_of
from parlour.hub.commands.asking import ONLY_TELL, asks_if_lost
from parlour.hub.commands.finding import find_addin, find_category, find_principals, find_room, only_admins, only_one
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import VISIBILITIES, show_in_room, show_losses, show_room, show_room_row
from parlour.rooms.editing import ListEdit, Op, RoomChange
from parlour.rooms.model import Behavior, Person, Role, Room
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.search import Match, RoomQuery

__all__ = ["COMMANDS", "change_room"]

_ROOM = "Name or id of the room."
_MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Create:
    name: str = param("Name of the new room; unique among rooms and categories.")
    category: str = param("Name or id of the category it belongs to.")
    description: str = param("What the room is for.", "")
    topic: str = param("What is talked about there now.", "")
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
    addin: str | None = param("Name or id of the add-in shown beside the room; `parlour addin list` has them.", None)
    disabled: bool = param("Make it disabled: nobody enters for now.", False)


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
    addin: str | None = param('Name or id of the add-in shown beside the room; "" for none.', None)
    disabled: bool | None = param("Close the room to everybody, or open it again.", None)
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class Move:
    room: str = param(_ROOM)
    category: str = param("Name or id of the category that it shall belong to.")
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class List:
    text: str = param("Words that the name contains.", "")
    match: Literal["any", "all", "phrase"] = param("How many of the words; phrase: as one sequence.", "any")
    search_descriptions: bool = param("Look for the words in descriptions too.", False)
    category: str | None = param("Only rooms of this category.", None)
    addin: str | None = param("Only rooms that show this add-in.", None)
    manager: str | None = param("Only rooms with this person or group among the managers.", None)
    member: str | None = param("Only rooms with this person or group among the members.", None)
    visibility: Literal["open", "closed", "secret"] | None = param("Only rooms of this kind.", None)
    behavior: Literal["normal", "auditorium"] | None = param("Only rooms of this kind.", None)
    invite: bool | None = param("Only rooms that invite if their category does, or only those that do not.", None)
    disabled: bool | None = param("Only disabled rooms, or only enabled ones.", None)
    larger_than: int | None = param(
        "Only rooms whose messages take more than so many megabytes (2^20 bytes).", None, least=0
    )
    limit: int | None = param("How many at most, by name.", None, least=0)
    after: str = param("Only rooms whose names come after this one: to go on with a list.", "")


@dataclass(frozen=True, slots=True)
class One:
    room: str = param(_ROOM)


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
        uris = await find_principals(context, texts)
        if isinstance(uris, Refused):
            return uris
        if uris:
            lists.append(ListEdit(role, Op.ADD, uris))
    addin = _addin(context, params.addin)
    if isinstance(addin, Refused):
        return addin
    change = RoomChange(
        name=params.name,
        description=params.description,
        topic=params.topic,
        visibility=VISIBILITIES[params.visibility],
        behavior=Behavior[params.behavior.upper()],
        invite=params.invite,
        addin=addin,
        disabled=params.disabled,
        lists=tuple(lists),
    )
    return await _shown(context, await context.hub.managing.create_room(actor, category.id, change))


def _addin(context: Context, text: str | None) -> str | Refused | None:
    """The id; "" and None stay what they are."""
    if not text:
        return text
    addin = find_addin(context, text)
    return addin if isinstance(addin, Refused) else addin.id


async def _list(context: Context, actor: Person | None, params: List) -> Any:
    query = _query(context, actor, params)
    if isinstance(query, Refused):
        return query
    found = await context.hub.find_rooms_as(actor, query)
    if isinstance(found, Refused):
        return found
    if params.larger_than is not None:
        return await _large(context, actor, found, params.larger_than * _MEGABYTE, params.limit)
    return [show_room_row(context, room) for room in found]


async def _large(
    context: Context, actor: Person | None, rooms: Sequence[Room], size: int, limit: int | None
) -> list[dict[str, object]] | Refused:
    """Those with more content than `size`, and how much it is. Every message is looked at: for administrators."""
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    rows: list[dict[str, object]] = []
    for room in rooms:
        if limit is not None and len(rows) >= limit:
            break
        content = await context.hub.reading.content_size(name_of(actor), room.id)
        if isinstance(content, Refused):
            return content
        if content > size:
            rows.append(show_room_row(context, room) | {"content_bytes": content})
    return rows


def _query(context: Context, actor: Person | None, params: List) -> RoomQuery | Refused:
    category = find_category(context, actor, params.category) if params.category is not None else None
    addin = _addin(context, params.addin)
    manager, member = only_one(context, params.manager), only_one(context, params.member)
    for found in (category, addin, manager, member):
        if isinstance(found, Refused):
            return found
    assert not isinstance(category, Refused)
    return RoomQuery(
        text=params.text,
        match=Match[params.match.upper()],
        after=params.after,
        descriptions=params.search_descriptions,
        category=category.id if category is not None else None,
        addin=cast("str | None", addin),
        manager=cast("str | None", manager),
        member=cast("str | None", member),
        visibility=VISIBILITIES[params.visibility] if params.visibility else None,
        behavior=Behavior[params.behavior.upper()] if params.behavior else None,
        invite=params.invite,
        disabled=params.disabled,
        limit=params.limit if params.larger_than is None else None,
    )


async def _show(context: Context, actor: Person | None, params: One) -> Any:
    return await _shown(context, find_room(context, actor, params.room))


async def _modify(context: Context, actor: Person | None, params: Modify) -> Any:
    addin = _addin(context, params.addin)
    if isinstance(addin, Refused):
        return addin
    change = RoomChange(
        name=params.name,
        description=params.description,
        topic=params.topic,
        visibility=VISIBILITIES[params.visibility] if params.visibility else None,
        behavior=Behavior[params.behavior.upper()] if params.behavior else None,
        invite=params.invite,
        addin=addin,
        disabled=params.disabled,
    )
    if change == RoomChange() and params.category is None:
        return Refused(Refusal.INVALID, "say what shall be changed")
    if params.category is not None:
        category = find_category(context, actor, params.category)
        if isinstance(category, Refused):
            return category
        change = replace(change, category=category.id)
    return await change_room(context, actor, params.room, change, params.dry_run)


async def _move(context: Context, actor: Person | None, params: Move) -> Any:
    return await _modify(context, actor, Modify(params.room, category=params.category, dry_run=params.dry_run))


async def _delete(context: Context, actor: Person | None, params: One) -> Any:
    room = find_room(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    deleted = await context.hub.managing.delete_room(actor, room.id)
    return deleted if isinstance(deleted, Refused) else {"deleted": deleted.name, "id": deleted.id}


async def change_room(
    context: Context, actor: Person | None, text: str, change: RoomChange, dry_run: bool = False
) -> Any:
    """Change a room, and tell who lost a place by it; or only who would."""
    room = find_room(context, actor, text)
    if isinstance(room, Refused):
        return room
    changed = await context.hub.managing.change_room(actor, room.id, change, dry_run=dry_run)
    if isinstance(changed, Refused):
        return changed
    losses = show_losses(context.hub.people, changed.lost, dry_run)
    return show_in_room(room) | losses if dry_run else await show_room(context, changed.now) | losses


async def _shown(context: Context, room: Room | Refused) -> Any:
    return room if isinstance(room, Refused) else await show_room(context, room)


def _switching(disabled: bool) -> Callable[[Context, Person | None, One], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: One) -> Any:
        return await change_room(context, actor, params.room, RoomChange(disabled=disabled))

    return run


COMMANDS: tuple[Command[Any], ...] = (
    Command("room.create", Create, "Make a room.", _create),
    Command("room.list", List, "List rooms.", _list, reads=True),
    Command("room.show", One, "Show a room with its people's roles.", _show, reads=True),
    Command("room.modify", Modify, "Change a room; what is not given stays.", _modify, **asks_if_lost("room")),
    Command("room.disable", One, "Close a room: everybody is out, nothing is lost.", _switching(disabled=True)),
    Command("room.enable", One, "Open a disabled room again.", _switching(disabled=False)),
    Command(
        "room.move",
        Move,
        "Put a room into another category; who is outside its scope loses the place.",
        _move,
        **asks_if_lost("room"),
    ),
    Command(
        "room.delete",
        One,
        "Delete a room and its messages for good.",
        _delete,
        "Delete the room {room} and all its messages?",
    ),
)
