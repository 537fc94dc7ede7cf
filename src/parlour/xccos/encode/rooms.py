"""Answers and notices about rooms that exist: finding, leaving, rights, invitations, marks, and who came and went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from parlour.xccos.blocks import element, failure_block, invitation_block, room_block, room_reference, seat_block
from parlour.xccos.encode.envelope import Fragment, notice, reply
from parlour.xccos.ids import parse_room_uri
from parlour.xccos.types import (
    Command,
    FailedRoom,
    GetAssociations,
    Invitation,
    Permissions,
    RoomInfo,
    SeatTaken,
    Unread,
)

__all__ = [
    "associations_reply",
    "invitation_notice",
    "invitations_reply",
    "joined_notice",
    "kick_notice",
    "part_reply",
    "parted_notice",
    "permissions_notice",
    "permissions_reply",
    "search_reply",
    "unread_reply",
]


def part_reply(envid: int, command: Command, room_uri: str) -> Fragment:
    """A room was left."""
    return reply(envid, command, 200, room_reference(room_uri))


def search_reply(envid: int, command: Command, rooms: Iterable[RoomInfo], truncated: bool = False) -> Fragment:
    """The rooms found, in one reply."""
    end = '<qib truncated="true"/>' if truncated else ""
    return reply(envid, command, 200, "".join([room_block(room) for room in rooms]) + end)


def associations_reply(
    envid: int, command: GetAssociations, rooms: Iterable[RoomInfo], truncated: bool = False
) -> Fragment:
    """The caller's rooms. What was asked is echoed: clients ask twice, and tell the answers apart by it."""
    asked = element("association", domain=command.domain, type=command.kind, maxResults=command.max_results)
    end = '<qib truncated="true"/>' if truncated else ""
    return reply(envid, command, 200, asked + "".join([room_block(room) for room in rooms]) + end)


def permissions_reply(envid: int, command: Command, permissions: Permissions) -> Fragment:
    """What the caller may do in a room."""
    rights = element("perms", value=permissions.value, mask=permissions.mask)
    return reply(envid, command, 200, room_reference(permissions.room_uri) + rights)


def unread_reply(envid: int, command: Command, rooms: Iterable[Unread], failed: Iterable[FailedRoom] = ()) -> Fragment:
    """Where the caller's marks are, and how much comes after them."""
    marks = "".join([element("unread", chanUri=one.room_uri, chatId=one.read_up_to, count=one.count) for one in rooms])
    return reply(envid, command, 200, marks + "".join([failure_block(room) for room in failed]))


def invitations_reply(envid: int, command: Command, invitations: Iterable[Invitation]) -> Fragment:
    """Invitations, ascending."""
    return reply(envid, command, 200, "".join([invitation_block(one) for one in invitations]))


# Notices --------------------------------------------------------------------------------------------------------------


def joined_notice(seats: Sequence[SeatTaken]) -> Fragment:
    """People entered rooms the receiver sits in: ntc:join for one seat, ntc:bjoin for more.

    COMPAT: SIPE lists a person twice when told twice, so tell nobody of somebody who is already there."""
    return notice("join" if len(seats) == 1 else "bjoin", _people(seats))


def parted_notice(room_uri: str, user_uris: Iterable[str]) -> Fragment:
    """People left a room the receiver sits in."""
    people = "".join([element("uib", uri=uri) for uri in user_uris])
    return notice("part", element("chanib", people, uri=room_uri))


def invitation_notice(invitations: Iterable[Invitation]) -> Fragment:
    """The receiver may now enter these rooms."""
    return notice("inv", "".join([invitation_block(one) for one in invitations]))


def permissions_notice(seats: Sequence[SeatTaken]) -> Fragment:
    """People whom the receiver sits in a room with may do more there now, or less."""
    return notice("permmodified", _people(seats))


def kick_notice(room_uri: str, code: int) -> Fragment:
    """The receiver is out of the room. COMPAT: SIPE ignores it, and needs an ntc:part about itself besides."""
    domain, guid = parse_room_uri(room_uri) or ("", "")
    return notice("kick", room_reference(room_uri) + failure_block(FailedRoom(domain, guid, code)))


def _people(seats: Iterable[SeatTaken]) -> str:
    by_person: dict[str, list[SeatTaken]] = {}
    for seat in seats:
        by_person.setdefault(seat.user.uri, []).append(seat)
    return "".join([seat_block(taken[0].user, taken) for taken in by_person.values()])
