"""What a client hears: the body of an INFO from a server as a `ServerEnvelope`.

Tolerant towards servers that are not ours: a reply or notice we do not know, or whose data we cannot read, has the body
None; a message of history that we cannot read is left out. To add a reply: a type in `types`, a line of `REPLIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from parlour.xccos.blocks import (
    INFO_FILESTORE,
    INFO_UCNT,
    INFO_VISIBILITY,
    INFO_VISIBILTY,
    PROP_FILEPOST,
    PROP_INVITE,
    PROP_LOGGED,
)
from parlour.xccos.decode import group_chat, open_envelope, primitive_name
from parlour.xccos.errors import XccosError
from parlour.xccos.fields import (
    Malformed,
    flag,
    parse_bool,
    parse_uint,
    required,
    room_uri_of,
)
from parlour.xccos.ids import canonical_room_uri, normalize_guid, room_uri
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    FailedRoom,
    GroupChat,
    History,
    Invitation,
    Invitations,
    JoinedRoom,
    JoinedRooms,
    Notice,
    NoticeBody,
    PartedRoom,
    PeopleJoined,
    PeopleParted,
    Reply,
    ReplyBody,
    RoomInfo,
    RoomsFound,
    Seat,
    SeatTaken,
    ServerEnvelope,
    ServerInfo,
    ServerPrimitive,
    ServiceUri,
    UserInfo,
)
from parlour.xccos.xml import CLIENT_LIMITS, DecodeLimits, Element

__all__ = ["NOTICES", "REPLIES", "decode_server_envelope"]

_UNTOLD_CODE = 500
_VISIBILITIES = {"CLOSED": "SCOPED", "SECRET": "PRIVATE"}


def decode_server_envelope(body: bytes, limits: DecodeLimits = CLIENT_LIMITS) -> ServerEnvelope:
    """The replies, notices and messages in `body`, in order. Raises XccosError as `decode.decode_envelope` does."""
    root, envid = open_envelope(body, limits)
    primitives: list[ServerPrimitive] = []
    for position, element in enumerate(root.children, 1):
        reader = _PRIMITIVES.get(element.tag or "")
        found = reader(element, position) if reader else None
        if found is not None:
            primitives.append(found)
        if len(primitives) > limits.primitives:
            raise XccosError(413, "Too Many Primitives")
    return ServerEnvelope(envid, tuple(primitives))


def _reply(element: Element, position: int) -> Reply:
    name = primitive_name(element, "rpl")
    quoted, resp, data = element.find("commandid"), element.find("resp"), element.find("data")
    code = None if resp is None else parse_uint(resp.get("code"))
    reader = REPLIES.get(name)
    body: ReplyBody = None
    # Empty data is an answer when all went well ("no rooms"), and says nothing in a refusal.
    if reader is not None and data is not None and (code == 200 or data.children):
        try:
            body = reader(data)
        except Malformed:
            body = None
    return Reply(
        _seqid(element, position),
        name,
        None if quoted is None else parse_uint(quoted.get("envid")),
        None if quoted is None else parse_uint(quoted.get("seqid")),
        _UNTOLD_CODE if code is None else code,
        "" if resp is None else resp.text.strip(),
        body,
    )


def _notice(element: Element, position: int) -> Notice:
    name = primitive_name(element, "ntc")
    data = element.find("data")
    reader = NOTICES.get(name)
    body: NoticeBody = None
    if reader is not None and data is not None:
        try:
            body = reader(data)
        except Malformed:
            body = None
    return Notice(_seqid(element, position), name, body)


def _post(element: Element, position: int) -> GroupChat | None:
    try:
        return group_chat(element, _seqid(element, position))
    except Malformed:
        return None


def _seqid(element: Element, position: int) -> int:
    return parse_uint(element.get("seqid")) or position


_PRIMITIVES: Final[Mapping[str, Callable[[Element, int], ServerPrimitive | None]]] = {
    "rpl": _reply,
    "ntc": _notice,
    "grpchat": _post,
}


def _service_uri(data: Element) -> ServiceUri:
    return ServiceUri((required(data, "uib").get("uri") or "").strip())


def _server_info(data: Element) -> ServerInfo:
    sib = required(data, "sib")
    stamp = sib.get("serverTime")
    return ServerInfo(
        parse_time(stamp) if stamp else None,
        parse_uint(sib.get("searchLimit")) or 0,
        parse_uint(sib.get("messageSizeLimit")) or 0,
        parse_uint(sib.get("storySizeLimit")) or 0,
        sib.get("rootUri") or "",
        sib.get("dbVersion") or "",
        sib.get("displayName") or "",
        sib.get("roomManagementUrl") or "",
    )


def _joined_rooms(data: Element) -> JoinedRooms:
    people = {uib.get("id"): _user(uib) for uib in data.find_all("uib")}
    rooms = tuple(JoinedRoom(_room(chanib), _seats(chanib, people)) for chanib in data.find_all("chanib"))
    failed = tuple(
        FailedRoom(fib.get("domain") or "", _guid(fib), parse_uint(fib.get("code")) or _UNTOLD_CODE)
        for fib in data.find_all("fib")
    )
    return JoinedRooms(rooms, failed)


def _seats(chanib: Element, people: Mapping[str | None, UserInfo]) -> tuple[Seat, ...]:
    seats = []
    for aib in chanib.find_all("aib"):
        mask = parse_uint(aib.get("key")) or 0
        for number in (aib.get("value") or "").split(","):
            user = people.get(number.strip())
            if user is not None:
                seats.append(Seat(user, mask))
    return tuple(seats)


def _user(uib: Element) -> UserInfo:
    name = uib.get("disname") or uib.get("uname") or ""
    return UserInfo(uib.get("uri") or "", uib.get("guid") or "", name, parse_uint(uib.get("type")) or 5)


def _guid(element: Element) -> str:
    value = element.get("value") or ""
    return normalize_guid(value) or value


def _room(chanib: Element) -> RoomInfo:
    infos = _texts(chanib, "info")
    props = _texts(chanib, "prop")
    visibility = (infos.get(INFO_VISIBILITY) or infos.get(INFO_VISIBILTY) or "").upper()
    return RoomInfo(
        canonical_room_uri(chanib.get("uri") or ""),
        chanib.get("name") or "",
        chanib.get("description") or "",
        chanib.get("parent") or "",
        (chanib.get("behavior") or "NORMAL").upper(),
        chanib.get("topic") or "",
        flag(chanib, "disabled"),
        _VISIBILITIES.get(visibility, visibility) or None,
        parse_uint(infos.get(INFO_UCNT)),
        parse_bool(props.get(PROP_LOGGED)),
        parse_bool(props.get(PROP_INVITE)),
        parse_bool(props.get(PROP_FILEPOST)),
        infos.get(INFO_FILESTORE) or "",
    )


def _texts(chanib: Element, name: str) -> dict[str, str]:
    return {(each.get("id") or "").lower(): each.text.strip() for each in chanib.find_all(name)}


def _parted_room(data: Element) -> PartedRoom:
    return PartedRoom(room_uri_of(required(data, "chanib"), "uri"))


def _rooms_found(data: Element) -> RoomsFound:
    end = data.find("qib")
    rooms = tuple(_room(chanib) for chanib in data.find_all("chanib"))
    return RoomsFound(rooms, end is not None and flag(end, "truncated"))


def _history(data: Element) -> History:
    chanib = required(data, "chanib")
    messages = []
    for position, msg in enumerate(chanib.find_all("msg"), 1):
        if (msg.get("id") or GroupChat.name) != GroupChat.name:
            continue
        try:
            messages.append(group_chat(msg, position))
        except Malformed:
            continue
    return History(room_uri_of(chanib, "uri"), tuple(messages))


def _invitations(data: Element) -> Invitations:
    found = []
    for inv in data.find_all("inv"):
        created, chanib = inv.get("createdon"), inv.find("chanib")
        if chanib is not None:
            number = parse_uint(inv.get("inviteId")) or 0
            stamp = parse_time(created) if created else None
            found.append(Invitation(number, inv.get("domain") or "", stamp, _room(chanib)))
    return Invitations(tuple(found))


def _people_joined(data: Element) -> PeopleJoined:
    return PeopleJoined(
        tuple(
            SeatTaken(
                room_uri((aib.get("domain") or "").lower(), _guid(aib)), _user(uib), parse_uint(aib.get("key")) or 0
            )
            for uib in data.find_all("uib")
            for aib in uib.find_all("aib")
        )
    )


def _people_parted(data: Element) -> PeopleParted:
    return PeopleParted(
        tuple(
            (room_uri_of(chanib, "uri"), uib.get("uri") or "")
            for chanib in data.find_all("chanib")
            for uib in chanib.find_all("uib")
        )
    )


REPLIES: Final[Mapping[str, Callable[[Element], ReplyBody]]] = {
    "requri": _service_uri,
    "getserverinfo": _server_info,
    "getservinfo": _server_info,  # an older spelling that has been noted
    "join": _joined_rooms,
    "bjoin": _joined_rooms,
    "part": _parted_room,
    "chansrch": _rooms_found,
    "bccontext": _history,
    "getinv": _invitations,
    "grpchat": _parted_room,
}
"""Who reads the data of which reply: the name after `rpl:`."""

NOTICES: Final[Mapping[str, Callable[[Element], NoticeBody]]] = {
    "join": _people_joined,
    "bjoin": _people_joined,
    "part": _people_parted,
    "inv": _invitations,
}
"""Who reads the data of which notice: the name after `ntc:`."""
