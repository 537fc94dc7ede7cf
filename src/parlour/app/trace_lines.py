"""A SIP message as a line of the trace: who, to whom, what; never what was written, never a credential.

Pure: bytes in, a mapping for `json.dumps` out. docs/operations.md (Tracing) lists the fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.limits import SipLimits
from parlour.sip.message import Message, parse_message
from parlour.xccos.errors import XccosError
from parlour.xccos.ids import canonical_room_uri, room_uri
from parlour.xccos.xml import CLIENT_LIMITS, Element, parse_document

__all__ = ["describe"]

MALFORMED = "(no SIP)"
"""Stands for the first line of what cannot be read: it may hold anything."""

_ADDRESS = re.compile(r"sips?:([^\s;?<>\"]+)", re.IGNORECASE)
# RFC 3261 section 19.1.1 allows a password in a URI.
_PASSWORD = re.compile(r"(sips?:[^:@;?\s<>]+):[^@\s<>]*@", re.IGNORECASE)
_WIDE = SipLimits(start_line=65536, header_line=65536, header_count=65536, head=1 << 20, body=1 << 24)
_PRIMITIVES = frozenset({"cmd", "rpl", "ntc", "grpchat"})
# How elements name a room: by its URI, or by domain and GUID.
_BY_URI = {"chanib": "uri", "grpchat": "chanUri", "msgref": "chanUri", "msg": "chanUri", "ftdb": "channelUri"}
_BY_GUID = frozenset({"chanid", "aib", "fib"})


def describe(head: bytes, body: bytes) -> dict[str, Any]:
    """What a trace tells of one message: `first`, and, if it can be read, `from`, `to`, `call_id`, `cseq`,
    `event`, `body` (its content type) and `xccos`. `head` ends with the line break of its last header line."""
    try:
        message = parse_message(head, body, _WIDE)
    except RemoteProtocolError:
        return {"first": MALFORMED}
    first = head.partition(b"\r\n")[0].decode("utf-8", "replace")
    told: dict[str, Any] = {
        "first": _PASSWORD.sub(r"\1@", first),
        "from": _user(message, "From"),
        "to": _user(message, "To"),
        "call_id": message.headers.get("Call-ID") or "",
        "cseq": message.headers.get("CSeq") or "",
    }
    event = message.headers.get("Event")
    if event:
        told["event"] = event
    if body:
        told["body"] = message.headers.get("Content-Type") or ""
        xccos = _envelope(body) if b"xccos" in body[:4096] else None
        if xccos is not None:
            told["xccos"] = xccos
    return told


def _user(message: Message, name: str) -> str:
    """`alice@example.com` of From or To."""
    found = _ADDRESS.search(_PASSWORD.sub(r"\1@", message.headers.get(name) or ""))
    return found[1] if found else ""


def _envelope(body: bytes) -> dict[str, Any] | None:
    try:
        root = parse_document(body, CLIENT_LIMITS)
    except XccosError:
        return None
    if root.tag != "xccos":
        return None
    return {
        "envid": root.get("envid") or "",
        "primitives": [_primitive(one) for one in root.children if one.tag in _PRIMITIVES],
    }


def _primitive(element: Element) -> dict[str, Any]:
    told: dict[str, Any] = {"id": element.get("id") or element.tag, "seqid": element.get("seqid") or ""}
    quoted, resp = element.find("commandid"), element.find("resp")
    if quoted is not None:
        told["quotes"] = {"envid": quoted.get("envid") or "", "seqid": quoted.get("seqid") or ""}
    if resp is not None:
        told["code"] = resp.get("code") or ""
    rooms: dict[str, dict[str, str]] = {}
    for uri, name in _rooms(element):
        known = rooms.setdefault(uri, {"uri": uri})
        if name:
            known["name"] = name
    if rooms:
        told["rooms"] = list(rooms.values())
    return told


def _rooms(element: Element) -> Iterator[tuple[str, str]]:
    """Rooms that an element names, each with its name if that is told; by room and in order."""
    tag = element.tag or ""
    uri = element.get(_BY_URI.get(tag, "")) or ""
    if tag in _BY_GUID:
        domain, guid = element.get("domain"), element.get("value")
        uri = room_uri(domain, guid) if domain and guid else ""
    if uri:
        yield canonical_room_uri(uri), element.get("name") or ""
    for child in element.children:
        yield from _rooms(child)
