"""Answers and notices about rooms that exist: who is inside, what was found, rights, invitations, marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.decode_answers.parts import (
    UNTOLD_CODE,
    failed_of,
    is_truncated,
    number_of,
    room_of,
    time_of,
    user_of,
)
from parlour.xccos.decode_answers.reader import NoticeReader, ReplyReader
from parlour.xccos.fields import guid_or_text, required, room_uri_of
from parlour.xccos.ids import room_uri
from parlour.xccos.types import (
    Associations,
    Invitation,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Kicked,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Permissions,
    RoomInfo,
    RoomsFound,
    Seat,
    SeatTaken,
    Unread,
    UnreadCounts,
    UserInfo,
)
from parlour.xccos.xml import Element

__all__ = ["NOTICES", "REPLIES"]


def _joined_rooms(data: Element) -> JoinedRooms:
    people = {uib.get("id"): user_of(uib) for uib in data.find_all("uib")}
    rooms = tuple(JoinedRoom(room_of(chanib), _seats(chanib, people)) for chanib in data.find_all("chanib"))
    return JoinedRooms(rooms, failed_of(data))


def _seats(chanib: Element, people: Mapping[str | None, UserInfo]) -> tuple[Seat, ...]:
    seats = []
    for aib in chanib.find_all("aib"):
        mask = number_of(aib, "key")
        for number in (aib.get("value") or "").split(","):
            user = people.get(number.strip())
            if user is not None:
                seats.append(Seat(user, mask))
    return tuple(seats)


def _parted_room(data: Element) -> PartedRoom:
    return PartedRoom(room_uri_of(required(data, "chanib"), "uri"))


def _rooms(data: Element) -> tuple[RoomInfo, ...]:
    return tuple(room_of(chanib) for chanib in data.find_all("chanib"))


def _rooms_found(data: Element) -> RoomsFound:
    return RoomsFound(_rooms(data), is_truncated(data))


def _associations(data: Element) -> Associations:
    asked = data.find("association")
    kind = "" if asked is None else (asked.get("type") or "").strip().upper()
    return Associations(kind, _rooms(data), is_truncated(data))


def _permissions(data: Element) -> Permissions:
    perms = required(data, "perms")
    return Permissions(
        room_uri_of(required(data, "chanib"), "uri"), number_of(perms, "value"), number_of(perms, "mask")
    )


def _invitations(data: Element) -> Invitations:
    found = []
    for inv in data.find_all("inv"):
        chanib = inv.find("chanib")
        if chanib is not None:
            number, created = number_of(inv, "inviteId"), time_of(inv, "createdon")
            found.append(Invitation(number, inv.get("domain") or "", created, room_of(chanib)))
    return Invitations(tuple(found), is_truncated(data))


def _unread(data: Element) -> UnreadCounts:
    rooms = tuple(
        Unread(room_uri_of(one, "chanUri"), number_of(one, "chatId"), number_of(one, "count"))
        for one in data.find_all("unread")
    )
    return UnreadCounts(rooms, failed_of(data))


def _people_joined(data: Element) -> PeopleJoined:
    return PeopleJoined(tuple(_taken(uib, aib) for uib in data.find_all("uib") for aib in uib.find_all("aib")))


def _taken(uib: Element, aib: Element) -> SeatTaken:
    room = room_uri((aib.get("domain") or "").lower(), guid_or_text(aib.get("value") or ""))
    return SeatTaken(room, user_of(uib), number_of(aib, "key"))


def _people_parted(data: Element) -> PeopleParted:
    return PeopleParted(
        tuple(
            (room_uri_of(chanib, "uri"), uib.get("uri") or "")
            for chanib in data.find_all("chanib")
            for uib in chanib.find_all("uib")
        )
    )


def _kicked(data: Element) -> Kicked:
    room = room_uri_of(required(data, "chanib"), "uri")
    failed = failed_of(data)
    return Kicked(room, failed[0].code if failed else UNTOLD_CODE)


REPLIES: Final[Mapping[str, ReplyReader]] = {
    "join": _joined_rooms,
    "bjoin": _joined_rooms,
    "getpartlist": _joined_rooms,
    "part": _parted_room,
    "grpchat": _parted_room,
    "chandelete": _parted_room,
    "setroles": _parted_room,
    "chansrch": _rooms_found,
    "getassociations": _associations,
    "getperms": _permissions,
    "getinv": _invitations,
    "markread": _unread,
    "getunread": _unread,
}

NOTICES: Final[Mapping[str, NoticeReader]] = {
    "join": _people_joined,
    "bjoin": _people_joined,
    "permmodified": _people_joined,
    "part": _people_parted,
    "inv": _invitations,
    "kick": _kicked,
    "chandeleted": _parted_room,
}
