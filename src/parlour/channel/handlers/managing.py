"""Making and changing rooms, and who stands in which role there. Whether somebody may is the hub's to say."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller, made
from parlour.channel.names import role_edits
from parlour.rooms.editing import RoomChange
from parlour.rooms.model import Behavior, Micros, Role, Room, Visibility
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import categories_replies, moved_reply, roles_replies, room_card_reply, room_reply
from parlour.xccos.types import (
    CreatableCategories,
    CreateRoom,
    DeleteRoom,
    GetRoles,
    ModifyRoom,
    MoveRoom,
    RoomSettings,
    SetRoles,
)

__all__ = [
    "creatable_categories",
    "create_room",
    "delete_room",
    "get_roles",
    "modify_room",
    "move_room",
    "set_roles",
]


async def creatable_categories(caller: Caller, command: CreatableCategories) -> Answer:
    """The categories in which the caller may make rooms."""
    categories = [caller.cards.category(one) for one in caller.hub.categories_to_create_in(caller.visit)]
    return await made(categories_replies(caller.envid, command, categories, whole=caller.wants_whole))


async def create_room(caller: Caller, command: CreateRoom) -> Answer:
    """A room with the settings that are sent; what is not is left to the server (docs/protocol/xccos-managing.md)."""
    change = _change(caller, command.settings)
    if isinstance(change, Refused):
        return change
    category = caller.category_id(command.settings.parent or "")
    return _card(caller, command, await caller.hub.managing.create_room(caller.person, category, change))


async def modify_room(caller: Caller, command: ModifyRoom) -> Answer:
    """Change what is sent, and only that."""
    change = _change(caller, command.settings)
    if isinstance(change, Refused):
        return change
    room = caller.room_id(command.room_uri)
    return _card(caller, command, await caller.hub.managing.modify_room(caller.person, room, change))


def _card(caller: Caller, command: CreateRoom | ModifyRoom, outcome: Room | Refused) -> Answer:
    card = outcome if isinstance(outcome, Refused) else caller.cards.changed(outcome.id)
    return card if isinstance(card, Refused) else [room_card_reply(caller.envid, command, card)]


async def delete_room(caller: Caller, command: DeleteRoom) -> Answer:
    gone = await caller.hub.managing.delete_room(caller.person, caller.room_id(command.room_uri))
    return gone if isinstance(gone, Refused) else [room_reply(caller.envid, command, command.room_uri)]


async def move_room(caller: Caller, command: MoveRoom) -> Answer:
    change = RoomChange(category=caller.category_id(command.parent))
    room = await caller.hub.managing.modify_room(caller.person, caller.room_id(command.room_uri), change)
    if isinstance(room, Refused):
        return room
    return [moved_reply(caller.envid, command, command.room_uri, caller.cards.category_uri(room.category))]


async def get_roles(caller: Caller, command: GetRoles) -> Answer:
    """Role lists are no secret to who sees the room."""
    room = caller.hub.roles(caller.person, caller.room_id(command.room_uri))
    if isinstance(room, Refused):
        return room
    wanted = [Role(role) for role in command.roles] or [Role.MEMBER, Role.MANAGER, Role.PRESENTER]
    return await made(roles_replies(caller.envid, command, command.room_uri, caller.cards.roles(room, wanted)))


async def set_roles(caller: Caller, command: SetRoles) -> Answer:
    edits = role_edits(command.roles)
    if isinstance(edits, Refused):
        return edits
    change = RoomChange(lists=edits)
    room = await caller.hub.managing.modify_room(caller.person, caller.room_id(command.room_uri), change)
    return room if isinstance(room, Refused) else [room_reply(caller.envid, command, command.room_uri)]


def _change(caller: Caller, settings: RoomSettings) -> RoomChange | Refused:
    edits = role_edits(settings.roles)
    if isinstance(edits, Refused):
        return edits
    return RoomChange(
        name=settings.room_name,
        description=settings.description,
        topic=settings.topic,
        category=caller.category_id(settings.parent) if settings.parent is not None else None,
        visibility=Visibility(settings.visibility) if settings.visibility is not None else None,
        behavior=Behavior(settings.behavior) if settings.behavior is not None else None,
        # A room inherits or is off: who asks for "on" gets as much of it as the category gives.
        invite=None if settings.invite is None else settings.invite is not False,
        addin=settings.addin,
        disabled=settings.disabled,
        lists=edits,
        expected=Micros(settings.expected) if settings.expected is not None else None,
    )
