"""Commands about finding rooms, entering and leaving them, and where one stands there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode.reader import Reader
from parlour.xccos.fields import (
    BEHAVIORS,
    VISIBILITIES,
    Malformed,
    choice,
    flag,
    guid_or_text,
    needed_uint,
    optional_bool,
    optional_text,
    required,
    room_ref,
    room_uri_of,
    room_uris,
    row_limit,
    single,
    uint,
)
from parlour.xccos.ids import canonical_category_uri, canonical_principal, canonical_room_uri
from parlour.xccos.types import (
    AssociationKind,
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
from parlour.xccos.xml import Element

__all__ = ["COMMANDS"]

_ASSOCIATIONS: Final[Mapping[str, AssociationKind]] = {
    "MEMBER": "MEMBER",
    "MANAGER": "MANAGER",
    "1": "MEMBER",
    "2": "MANAGER",
}


def _join(data: Element, seqid: int) -> Join:
    return Join(seqid, _refs(data))


def _batch_join(data: Element, seqid: int) -> BatchJoin:
    return BatchJoin(seqid, _refs(data))


def _refs(data: Element) -> tuple[RoomRef, ...]:
    refs = tuple(room_ref(element) for element in data.find_all("chanid"))
    if not refs:
        raise Malformed("chanid is missing")
    return refs


def _part(data: Element, seqid: int) -> Part:
    return Part(seqid, _room(data))


def _room(data: Element) -> str:
    return room_uri_of(single(data, "chanib"), "uri")


def _search_rooms(data: Element, seqid: int) -> SearchRooms:
    qib = required(data, "qib")
    member, manager = optional_text(qib, "member"), optional_text(qib, "manager")
    category, addin = optional_text(qib, "category"), optional_text(qib, "siopid")
    return SearchRooms(
        seqid,
        (qib.get("qtype") or "").strip().upper() or "BYNAME",
        optional_text(qib, "criteria") or "",
        flag(qib, "extended") or flag(qib, "searchDesc"),
        flag(qib, "matchAll"),
        flag(qib, "matchExactPhrase"),
        row_limit(qib),
        None if member is None else canonical_principal(member),
        None if manager is None else canonical_principal(manager),
        None if category is None else canonical_category_uri(category),
        None if addin is None else guid_or_text(addin),
        choice(qib.get("visibility"), "visibility", VISIBILITIES),
        choice(qib.get("behavior"), "behavior", BEHAVIORS),
        # The vendor's SDK has a switch beside the value, since that one is always there.
        flag(qib, "invite") if flag(qib, "searchInvites") else None,
        optional_bool(qib, "disabled"),
    )


def _get_associations(data: Element, seqid: int) -> GetAssociations:
    association = required(data, "association")
    kind = choice(association.get("type"), "type", _ASSOCIATIONS)
    if kind is None:
        raise Malformed("type is missing")
    return GetAssociations(seqid, kind, association.get("domain") or "", row_limit(association))


def _get_room(data: Element, seqid: int) -> GetRoom:
    chanib = single(data, "chanib")
    uri, name = canonical_room_uri(chanib.get("uri") or ""), optional_text(chanib, "name")
    if not uri and name is None:
        raise Malformed("uri and name are missing")
    return GetRoom(seqid, uri, name or "")


def _get_participants(data: Element, seqid: int) -> GetParticipants:
    return GetParticipants(seqid, _room(data))


def _get_permissions(data: Element, seqid: int) -> GetPermissions:
    return GetPermissions(seqid, _room(data))


def _get_invitations(data: Element, seqid: int) -> GetInvitations:
    inv = data.find("inv")
    if inv is None:
        return GetInvitations(seqid)
    # COMPAT: SIPE always says 1, which means "all of them" there; invitations are numbered from 2 for its sake.
    after = uint(inv, "inviteId") or 0
    return GetInvitations(seqid, 0 if after == 1 else after, inv.get("domain") or "")


def _mark_read(data: Element, seqid: int) -> MarkRead:
    return MarkRead(seqid, _room(data), needed_uint(single(data, "msgref"), "chatId"))


def _get_unread(data: Element, seqid: int) -> GetUnread:
    return GetUnread(seqid, room_uris(data))


COMMANDS: Final[Mapping[str, Reader]] = {
    "join": _join,
    "bjoin": _batch_join,
    "part": _part,
    "chansrch": _search_rooms,
    "getassociations": _get_associations,
    "chaninfo": _get_room,
    "getpartlist": _get_participants,
    "getperms": _get_permissions,
    "getinv": _get_invitations,
    "markread": _mark_read,
    "getunread": _get_unread,
}
