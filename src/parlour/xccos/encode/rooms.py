"""Answers and notices about rooms that exist: finding, leaving, rights, invitations, marks, and who came and went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from parlour.xccos.blocks import element, failure_block, invitation_block, room_block, room_reference, seat_block
from parlour.xccos.encode.envelope import Fragment, notice, reply
from parlour.xccos.encode.pieces import TRUNCATED, pieces, whole_reply
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
    "associations_replies",
    "invitation_notice",
    "invitations_replies",
    "joined_notice",
    "kick_notice",
    "part_reply",
    "parted_notice",
    "permissions_notice",
    "permissions_reply",
    "search_replies",
    "unread_replies",
]


def part_reply(envid: int, command: Command, room_uri: str) -> Fragment:
    """A room was left."""
    return reply(envid, command, 200, room_reference(room_uri))


def search_replies(
    envid: int,
    command: Command,
    rooms: Iterable[RoomInfo],
    truncated: bool = False,
    *,
    whole: bool = True,
) -> Iterator[Fragment]:
    """The rooms found: in one reply as far as it reaches (`whole`), else in one or several."""
    return _rooms(envid, command, "", rooms, truncated, whole)


def associations_replies(
    envid: int,
    command: GetAssociations,
    rooms: Iterable[RoomInfo],
    truncated: bool = False,
    *,
    whole: bool = True,
) -> Iterator[Fragment]:
    """The caller's rooms, as `search_replies`. What was asked is echoed: clients ask twice, and tell the answers apart
    by it."""
    asked = element("association", domain=command.domain or None, type=command.kind, maxResults=command.max_results)
    return _rooms(envid, command, asked, rooms, truncated, whole)


def _rooms(
    envid: int,
    command: Command,
    before: str,
    rooms: Iterable[RoomInfo],
    truncated: bool,
    whole: bool,
) -> Iterator[Fragment]:
    blocks, after = (room_block(room) for room in rooms), TRUNCATED if truncated else ""
    if whole:
        return iter([whole_reply(envid, command, blocks, before=before, after=after)])
    return pieces(envid, command, blocks, before=before, after=after)


def permissions_reply(envid: int, command: Command, permissions: Permissions) -> Fragment:
    """What the caller may do in a room."""
    rights = element("perms", value=permissions.value, mask=permissions.mask)
    return reply(envid, command, 200, room_reference(permissions.room_uri) + rights)


def unread_replies(
    envid: int,
    command: Command,
    rooms: Iterable[Unread],
    failed: Iterable[FailedRoom] = (),
) -> Iterator[Fragment]:
    """Where the caller's marks are, and how much comes after them, in one reply or several."""
    marks = (element("unread", chanUri=one.room_uri, chatId=one.read_up_to, count=one.count) for one in rooms)
    failures = (failure_block(room) for room in failed)
    return pieces(envid, command, chain(marks, failures))


def invitations_replies(
    envid: int,
    command: Command,
    invitations: Iterable[Invitation],
    truncated: bool = False,
) -> Iterator[Fragment]:
    """Invitations, ascending, in one reply or several; `truncated`: there are more, to be asked for by the last
    number."""
    blocks = (invitation_block(one) for one in invitations)
    return pieces(envid, command, blocks, after=TRUNCATED if truncated else "")


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
