"""The data of commands about finding rooms, entering and leaving them, and where one stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from parlour.xccos.blocks import element, room_reference
from parlour.xccos.types import (
    BatchJoin,
    GetAssociations,
    GetInvitations,
    GetParticipants,
    GetPermissions,
    GetRoom,
    GetUnread,
    Join,
    MarkRead,
    Part,
    RoomRef,
    SearchRooms,
)

__all__ = ["REQUESTS"]


def _join(request: Join | BatchJoin) -> str:
    return "".join([_room_ref(ref) for ref in request.refs])


def _room_ref(ref: RoomRef) -> str:
    return element("chanid", key=ref.key, domain=ref.domain, value=ref.guid)


def _room(request: Part | GetParticipants | GetPermissions) -> str:
    return room_reference(request.room_uri)


def _search_rooms(request: SearchRooms) -> str:
    # `extended` is the verified word for searching descriptions; the others go out only when they ask for something.
    return element(
        "qib",
        qtype=request.query_type,
        criteria=request.criteria,
        extended=request.search_description,
        matchAll=request.match_all or None,
        matchExactPhrase=request.match_exact_phrase or None,
        maxResults=request.max_results,
        member=request.member,
        manager=request.manager,
        category=request.category,
        siopid=request.addin,
        disabled=request.disabled,
        visibility=request.visibility,
        behavior=request.behavior,
        searchInvites=None if request.invite is None else True,
        invite=request.invite,
    )


def _get_associations(request: GetAssociations) -> str:
    return element("association", domain=request.domain, type=request.kind, maxResults=request.max_results)


def _get_room(request: GetRoom) -> str:
    return element("chanib", uri=request.room_uri or None, name=request.room_name or None)


def _get_invitations(request: GetInvitations) -> str:
    return element("inv", inviteId=request.after, domain=request.domain)


def _mark_read(request: MarkRead) -> str:
    return f'{room_reference(request.room_uri)}<msgref chatId="{request.chat_id}"/>'


def _get_unread(request: GetUnread) -> str:
    return "".join([room_reference(uri) for uri in request.room_uris])


REQUESTS: Final[Mapping[type, Callable[[Any], str]]] = {
    Join: _join,
    BatchJoin: _join,
    Part: _room,
    SearchRooms: _search_rooms,
    GetAssociations: _get_associations,
    GetRoom: _get_room,
    GetParticipants: _room,
    GetPermissions: _room,
    GetInvitations: _get_invitations,
    MarkRead: _mark_read,
    GetUnread: _get_unread,
}
