"""The body of an INFO to a server: the envelope, and what spoils a command and what spoils all of it.

A body without a usable envelope raises `XccosError` (a SIP status). From there on nothing spoils its neighbours: an
unknown command is an `UnknownCommand`, a malformed one a `BadCommand`, each answered in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parlour.xccos.codes import ResponseCode
from parlour.xccos.decode import history, managing, people, rooms, server
from parlour.xccos.decode.reader import Reader
from parlour.xccos.errors import XccosError
from parlour.xccos.fields import Malformed, primitive_number, quotable_uint
from parlour.xccos.ids import canonical_room_uri
from parlour.xccos.types import BadCommand, Envelope, GroupChat, Request, UnknownCommand
from parlour.xccos.xml import SERVER_LIMITS, DecodeLimits, Element, parse_document

__all__ = ["COMMANDS", "decode_envelope", "open_envelope", "primitive_name"]

_NAME_CHARS = 64
_FAILS_ROOM_BY_ROOM: Final = frozenset({"bjoin"})
"""COMPAT: SIPE forgets all rooms when the reply says no: those that are too many are refused each for itself."""


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
    envid = quotable_uint(root.get("envid"))
    if envid is None:
        raise XccosError(400, "Envelope Without Number")
    return root, envid


def primitive_name(element: Element, prefix: str) -> str:
    """`cmd:Join` with prefix `cmd` is "join". An id without the prefix is taken as it stands, at most 64 characters."""
    name = (element.get("id") or "").strip().lower()
    return name.removeprefix(f"{prefix}:")[:_NAME_CHARS].strip() or "unknown"


def _command(element: Element, position: int, limits: DecodeLimits) -> Request:
    seqid = primitive_number(element, position)
    name = primitive_name(element, "cmd")
    name = _ALIASES.get(name, name)
    reader = COMMANDS.get(name)
    if reader is None:
        return UnknownCommand(seqid, name)
    # A client that forgets `data` and writes its fields straight into the command is understood all the same.
    data = element.find("data") or element
    if len(data.children) > limits.rooms_per_command and name not in _FAILS_ROOM_BY_ROOM:
        return BadCommand(seqid, name, "too many rooms", ResponseCode.LIMIT_EXCEEDED)
    try:
        return reader(data, seqid)
    except Malformed as error:
        return BadCommand(seqid, name, error.reason, error.code)


def _post(element: Element, position: int) -> GroupChat | BadCommand:
    seqid = primitive_number(element, position)
    try:
        return history.group_chat(element, seqid)
    except Malformed as error:
        room = canonical_room_uri(element.get("chanUri") or "")
        return BadCommand(seqid, GroupChat.name, error.reason, room_uri=room)


COMMANDS: Final[Mapping[str, Reader]] = {
    **server.COMMANDS,
    **rooms.COMMANDS,
    **history.COMMANDS,
    **managing.COMMANDS,
    **people.COMMANDS,
}
"""Who reads what: the name after `cmd:` and the reader of its `data`."""

_ALIASES: Final[Mapping[str, str]] = {"chanprop": "chaninfo"}
