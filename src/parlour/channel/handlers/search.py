"""Finding rooms, and what one may know and do in one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from parlour.channel.caller import Answer, Caller, made
from parlour.rooms.model import Behavior, Visibility
from parlour.rooms.policy import Rights
from parlour.rooms.refusals import Refusal, Refused
from parlour.rooms.search import Match, Mine, RoomQuery
from parlour.xccos.encode import (
    associations_replies,
    permissions_reply,
    room_card_reply,
    search_replies,
)
from parlour.xccos.ids import canonical_principal, normalize_guid
from parlour.xccos.masks import ROLE_MASKS, Permission, participant_mask, sdk_permissions
from parlour.xccos.types import (
    GetAssociations,
    GetPermissions,
    GetRoom,
    Permissions,
    RoomCard,
    SearchRooms,
)

__all__ = ["get_associations", "get_permissions", "get_room", "search_rooms"]

_UNKNOWN_QUERY = Refused(Refusal.NO_SUCH_COMMAND, "there is no such query")
_CATEGORY_ROWS = 100
"""Rooms of a category that are told when no number is asked for."""


async def search_rooms(caller: Caller, command: SearchRooms) -> Answer:
    """The rooms that the caller may find and that fit, by name."""
    make = _QUERIES.get(command.query_type)
    if make is None:
        return _UNKNOWN_QUERY
    query = make(caller, command)
    found = await caller.hub.find_rooms(caller.visit, query)
    if isinstance(found, Refused):
        return found
    rows = (caller.cards.found(row, manages=query.mine is Mine.MANAGER) for row in found.rows)
    return await made(search_replies(caller.envid, command, rows, found.truncated, whole=caller.wants_whole))


def _by_name(caller: Caller, command: SearchRooms) -> RoomQuery:
    """An empty text lists every room the caller may find."""
    match = Match.PHRASE if command.match_exact_phrase else Match.ALL if command.match_all else Match.ANY
    return RoomQuery(
        text=command.criteria, match=match, descriptions=command.search_description, limit=command.max_results
    )


def _by_category(caller: Caller, command: SearchRooms) -> RoomQuery:
    category = caller.category_id(command.category or command.criteria)
    return RoomQuery(category=category, limit=command.max_results or _CATEGORY_ROWS)


def _by_user(caller: Caller, command: SearchRooms) -> RoomQuery:
    return RoomQuery(visitor=canonical_principal(command.criteria), limit=command.max_results)


def _by_member(caller: Caller, command: SearchRooms) -> RoomQuery:
    return RoomQuery(mine=Mine.MEMBER, limit=command.max_results)


def _by_manager(caller: Caller, command: SearchRooms) -> RoomQuery:
    return RoomQuery(mine=Mine.MANAGER, limit=command.max_results)


def _by_addin(caller: Caller, command: SearchRooms) -> RoomQuery:
    return RoomQuery(
        addin=command.addin or normalize_guid(command.criteria) or command.criteria, limit=command.max_results
    )


def _by_uri(caller: Caller, command: SearchRooms) -> RoomQuery:
    return RoomQuery(room=caller.room_id(command.criteria))


def _by_exact_name(caller: Caller, command: SearchRooms) -> RoomQuery:
    if not command.criteria:
        return _by_uri(caller, command)  # no URI and no name: nothing has either
    return RoomQuery(text=command.criteria, match=Match.EXACT)


def _by_filter(caller: Caller, command: SearchRooms) -> RoomQuery:
    return replace(
        _by_name(caller, command),
        member=command.member,
        manager=command.manager,
        category=caller.category_id(command.category) if command.category is not None else None,
        addin=command.addin,
        visibility=Visibility(command.visibility) if command.visibility is not None else None,
        behavior=Behavior(command.behavior) if command.behavior is not None else None,
        invite=command.invite,
        disabled=command.disabled,
    )


_QUERIES: Mapping[str, Callable[[Caller, SearchRooms], RoomQuery]] = {
    "BYNAME": _by_name,
    "BYCATEGORY": _by_category,
    "BYUSER": _by_user,
    "BYMEMBER": _by_member,
    "BYMANAGER": _by_manager,
    "BYADDIN": _by_addin,
    "BYFILTER": _by_filter,
    "BYURI": _by_uri,
    "BYEXACTNAME": _by_exact_name,
}


async def get_associations(caller: Caller, command: GetAssociations) -> Answer:
    """The caller's rooms: those of which they are member, or those that they manage, disabled ones included."""
    found = await caller.hub.find_rooms(caller.visit, RoomQuery(mine=Mine(command.kind), limit=command.max_results))
    if isinstance(found, Refused):
        return found
    rows = (caller.cards.found(row, manages=command.kind == "MANAGER") for row in found.rows)
    return await made(associations_replies(caller.envid, command, rows, found.truncated, whole=caller.wants_whole))


async def get_room(caller: Caller, command: GetRoom) -> Answer:
    """All about one room, and its category."""
    room = caller.room_id(command.room_uri)
    if not command.room_uri:
        room = caller.hub.find_room_named(caller.person, command.room_name) or room
    view = caller.hub.card(caller.person, room)
    if isinstance(view, Refused):
        return view
    info = caller.cards.card(view.room, view.switches, view.count, manages=view.rights.manage)
    category = caller.hub.catalogue.categories[view.room.category]
    return [room_card_reply(caller.envid, command, RoomCard(info, caller.cards.category(category)))]


async def get_permissions(caller: Caller, command: GetPermissions) -> Answer:
    view = caller.hub.card(caller.person, caller.room_id(command.room_uri))
    if isinstance(view, Refused):
        return view
    rights, auditorium = view.rights, view.room.behavior is Behavior.AUDITORIUM
    value = sdk_permissions(
        manage=rights.manage,
        join=rights.join,
        post=rights.post and not auditorium,
        read=rights.read,
        see=rights.see,
        post_in_auditorium=rights.post and auditorium,
    )
    permissions = Permissions(command.room_uri, value, _mask(rights, auditorium))
    return [permissions_reply(caller.envid, command, permissions)]


def _mask(rights: Rights, auditorium: bool) -> int:
    """The mask that the caller has inside (that of a manager for administrators), or what is left to somebody who may
    not enter."""
    if rights.join:
        return participant_mask(rights.manage, rights.presenter, auditorium)
    return ROLE_MASKS["MANAGER"] if rights.manage else int(Permission.VIEW)
