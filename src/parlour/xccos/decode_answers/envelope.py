"""The body of an INFO to a client: the envelope, and what every reply and notice has around its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from parlour.xccos.decode import group_chat, open_envelope, primitive_name
from parlour.xccos.decode_answers import history, managing, people, rooms, server
from parlour.xccos.decode_answers.parts import UNTOLD_CODE
from parlour.xccos.decode_answers.reader import NoticeReader, ReplyReader
from parlour.xccos.errors import XccosError
from parlour.xccos.fields import Malformed, parse_uint, primitive_number
from parlour.xccos.types import (
    GroupChat,
    Notice,
    NoticeBody,
    Reply,
    ReplyBody,
    ServerEnvelope,
    ServerPrimitive,
)
from parlour.xccos.xml import CLIENT_LIMITS, DecodeLimits, Element

__all__ = ["NOTICES", "REPLIES", "decode_server_envelope"]


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
        primitive_number(element, position),
        name,
        None if quoted is None else parse_uint(quoted.get("envid")),
        None if quoted is None else parse_uint(quoted.get("seqid")),
        UNTOLD_CODE if code is None else code,
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
    return Notice(primitive_number(element, position), name, body)


def _post(element: Element, position: int) -> GroupChat | None:
    try:
        return group_chat(element, primitive_number(element, position))
    except Malformed:
        return None


_PRIMITIVES: Final[Mapping[str, Callable[[Element, int], ServerPrimitive | None]]] = {
    "rpl": _reply,
    "ntc": _notice,
    "grpchat": _post,
}

REPLIES: Final[Mapping[str, ReplyReader]] = {
    **server.REPLIES,
    **rooms.REPLIES,
    **history.REPLIES,
    **managing.REPLIES,
    **people.REPLIES,
}
"""Who reads the data of which reply: the name after `rpl:`."""

NOTICES: Final[Mapping[str, NoticeReader]] = {
    **server.NOTICES,
    **rooms.NOTICES,
    **history.NOTICES,
    **managing.NOTICES,
}
"""Who reads the data of which notice: the name after `ntc:`."""
