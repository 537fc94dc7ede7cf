"""What a server hears: the body of an INFO as an `Envelope`.

A body without a usable envelope raises `XccosError` (a SIP status). From there on nothing spoils its neighbours: an
unknown command is an `UnknownCommand`, a malformed one a `BadCommand`, each answered in its place.

To add a command: one type in `types`, one function and one line of `COMMANDS` here, one function in `encode`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from parlour.xccos.errors import XccosError
from parlour.xccos.fields import (
    Malformed,
    flag,
    parse_bool,
    parse_uint,
    required,
    room_ref,
    room_uri_of,
    uint,
)
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    BadCommand,
    BatchJoin,
    Envelope,
    GetInvitations,
    GetServerInfo,
    GroupChat,
    Join,
    Part,
    RecentHistory,
    Request,
    RequestUri,
    RoomRef,
    SearchRooms,
    UnknownCommand,
)
from parlour.xccos.xml import SERVER_LIMITS, DecodeLimits, Element, parse_document

__all__ = ["COMMANDS", "SERVER_LIMITS", "decode_envelope", "group_chat", "open_envelope", "primitive_name"]

_NAME_CHARS = 64


def decode_envelope(body: bytes, limits: DecodeLimits = SERVER_LIMITS) -> Envelope:
    """The commands and posts in `body`, in document order. Elements that are neither are passed over.

    Raises XccosError: 400 not XML, a document type, `ver` other than 1, no `envid`; 413 over a limit; 415 another
    vocabulary."""
    root, envid = open_envelope(body, limits)
    primitives: list[Request] = []
    for element in root.children:
        if element.tag == "grpchat":
            primitives.append(_post(element, len(primitives) + 1))
        elif element.tag == "cmd":
            primitives.append(_command(element, len(primitives) + 1, limits))
        if len(primitives) > limits.primitives:
            raise XccosError(413, "Too Many Commands")
    return Envelope(envid, tuple(primitives))


def open_envelope(body: bytes, limits: DecodeLimits) -> tuple[Element, int]:
    """The root element and its number; raises as `decode_envelope` does."""
    root = parse_document(body, limits)
    if root.tag != "xccos":
        raise XccosError(415, "Not An XCCOS Envelope")
    if (root.get("ver") or "").strip() != "1":
        raise XccosError(400, "Unsupported XCCOS Version")
    envid = parse_uint(root.get("envid"))
    if envid is None:
        raise XccosError(400, "Envelope Without Number")
    return root, envid


def primitive_name(element: Element, prefix: str) -> str:
    """`cmd:Join` with prefix `cmd` is "join". An id without the prefix is taken as it stands, at most 64 characters."""
    name = (element.get("id") or "").strip().lower()
    return name.removeprefix(f"{prefix}:")[:_NAME_CHARS].strip() or "unknown"


def _command(element: Element, position: int, limits: DecodeLimits) -> Request:
    seqid = parse_uint(element.get("seqid")) or position
    name = primitive_name(element, "cmd")
    decoder = COMMANDS.get(name)
    if decoder is None:
        return UnknownCommand(seqid, name)
    data = element.find("data")
    if data is not None and len(data.children) > limits.rooms_per_command:
        return BadCommand(seqid, name, "too many rooms")
    try:
        # A client that forgets `data` and writes its fields straight into the command is understood all the same.
        return decoder(element if data is None else data, seqid)
    except Malformed as error:
        return BadCommand(seqid, name, error.reason)


def _post(element: Element, position: int) -> GroupChat | BadCommand:
    seqid = parse_uint(element.get("seqid")) or position
    try:
        return group_chat(element, seqid)
    except Malformed as error:
        return BadCommand(seqid, GroupChat.name, error.reason)


def group_chat(element: Element, seqid: int) -> GroupChat:
    """A `grpchat`, or a `msg` of history. Raises Malformed without a room or a text."""
    chat, rtf = required(element, "chat"), element.find("rtf")
    get = element.attributes.get
    stamp = get("ts")
    return GroupChat(
        seqid,
        room_uri_of(element, "chanUri"),
        get("author") or "",
        chat.text,
        get("authdisp") or "",
        None if rtf is None else rtf.text,
        parse_bool(get("alert")) is True,
        parse_uint(get("chatId")),
        parse_time(stamp) if stamp else None,
    )


def _request_uri(_data: Element, seqid: int) -> RequestUri:
    return RequestUri(seqid)


def _get_server_info(data: Element, seqid: int) -> GetServerInfo:
    sib = data.find("sib")
    if sib is None:
        return GetServerInfo(seqid)
    return GetServerInfo(seqid, sib.get("domain") or "", parse_uint(sib.get("infoType")))


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
    return Part(seqid, room_uri_of(required(data, "chanib"), "uri"))


def _search_rooms(data: Element, seqid: int) -> SearchRooms:
    qib = required(data, "qib")
    return SearchRooms(
        seqid,
        (qib.get("qtype") or "").strip().upper() or "BYNAME",
        (qib.get("criteria") or "").strip(),
        flag(qib, "extended") or flag(qib, "searchDesc"),
        flag(qib, "matchAll"),
        flag(qib, "matchExactPhrase"),
        # -1 asks for everything, as does leaving it out.
        None if (qib.get("maxResults") or "-1").strip() == "-1" else uint(qib, "maxResults"),
    )


def _recent_history(data: Element, seqid: int) -> RecentHistory:
    room = room_uri_of(required(data, "chanib"), "uri")
    query = data.find("bcq")
    last = None if query is None else query.find("last")
    return RecentHistory(seqid, room, None if last is None else uint(last, "cnt") or None)


def _get_invitations(data: Element, seqid: int) -> GetInvitations:
    inv = data.find("inv")
    if inv is None:
        return GetInvitations(seqid)
    # COMPAT: SIPE always says 1, which means "all of them" there; invitations are numbered from 2 for its sake.
    after = uint(inv, "inviteId") or 0
    return GetInvitations(seqid, 0 if after == 1 else after, inv.get("domain") or "")


COMMANDS: Final[Mapping[str, Callable[[Element, int], Request]]] = {
    "requri": _request_uri,
    "getserverinfo": _get_server_info,
    "join": _join,
    "bjoin": _batch_join,
    "part": _part,
    "chansrch": _search_rooms,
    "bccontext": _recent_history,
    "getinv": _get_invitations,
}
"""Who reads what: the name after `cmd:` and the reader of its `data`."""
