"""The little of SDP (RFC 8866) that message sessions need: `m=message`, as Office Communications Server has it.

Offers are read tolerantly: lines that are not understood are passed over, since nothing in them changes our answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.grammar import decode, encode

__all__ = [
    "Media",
    "SessionDescription",
    "message_session_answer",
    "message_session_offer",
    "parse_sdp",
]

_MAX_LINES = 1000
_MAX_MEDIA = 64


@dataclass(frozen=True, slots=True)
class Media:
    """One m= line: what (`message`, `audio`), where, how, and the formats (for `message` a URI or `null`)."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """`origin` is the o= line's value; `address` the session's c= address; "" if absent."""

    origin: str
    address: str
    media: tuple[Media, ...]


def parse_sdp(body: bytes) -> SessionDescription:
    """Raises RemoteProtocolError 400 for what is no SDP at all, or has absurdly many lines."""
    lines = decode(body).replace("\r\n", "\n").replace("\r", "\n").split("\n", _MAX_LINES)
    if len(lines) > _MAX_LINES:
        raise RemoteProtocolError(400, "Session Description Too Long")
    if lines[0].strip(" \t") != "v=0":
        raise RemoteProtocolError(400, "Malformed Session Description")
    origin = address = ""
    media: list[Media] = []
    attributes: list[tuple[str, str]] = []
    for line in lines[1:]:
        kind, value = line[:2], line[2:].strip(" \t")
        if kind == "m=":
            _close(media, attributes)
            attributes = []
            media.append(_media(value))
        elif kind == "a=" and media:
            name, _, rest = value.partition(":")
            attributes.append((name.lower(), rest))
        elif kind == "o=":
            origin = origin or value
        elif kind == "c=" and not media:
            address = address or value.rpartition(" ")[2].partition("/")[0]
    _close(media, attributes)
    if len(media) > _MAX_MEDIA:
        raise RemoteProtocolError(400, "Session Description Too Long")
    return SessionDescription(origin, address, tuple(media))


def _close(media: list[Media], attributes: list[tuple[str, str]]) -> None:
    """The attributes read since the last m= line are its own."""
    if media and attributes:
        last = media[-1]
        media[-1] = Media(last.kind, last.port, last.protocol, last.formats, tuple(attributes))


def _media(value: str) -> Media:
    parts = value.split()
    if len(parts) < 3:
        raise RemoteProtocolError(400, "Malformed Media Line")
    port = parts[1].partition("/")[0]
    if not (port.isascii() and port.isdigit()) or len(port) > 5 or int(port) > 65535:
        raise RemoteProtocolError(400, "Malformed Media Line")
    return Media(parts[0].lower(), int(port), parts[2], tuple(parts[3:]))


def message_session_offer(host: str, uri: str, types: Sequence[str]) -> bytes:
    """The description of a message session we offer; `host` is our address, `uri` who we are, `types` the content types
    we read, the usual one first."""
    return _describe(host, [_message_lines(uri, types)])


def message_session_answer(body: bytes, host: str, uri: str, types: Sequence[str]) -> bytes:
    """The answer to an offer: its first `m=message` is accepted, all else refused with port 0 (RFC 3264 section 6).

    No offer (an empty body) is answered with one of ours. Raises RemoteProtocolError: 400 unreadable, 488 no message
    session in the offer.
    """
    if not body:
        return message_session_offer(host, uri, types)
    offer = parse_sdp(body)
    described: list[list[str]] = []
    accepted = False
    for media in offer.media:
        if media.kind == "message" and media.port != 0 and not accepted:
            accepted = True
            described.append(_message_lines(uri, types))
        else:
            described.append([f"m={media.kind} 0 {media.protocol} {' '.join(media.formats) or '0'}"])
    if not accepted:
        raise RemoteProtocolError(488, "Not Acceptable Here")
    return _describe(host, described)


def _message_lines(uri: str, types: Sequence[str]) -> list[str]:
    # The port means nothing: messages travel on the SIP connection. It must not be 0.
    return [f"m=message 5060 sip {uri}", f"a=accept-types:{' '.join(types)}"]


def _describe(host: str, media: list[list[str]]) -> bytes:
    family = "IP6" if ":" in host else "IP4"
    lines = ["v=0", f"o=- 0 0 IN {family} {host}", "s=session", f"c=IN {family} {host}", "t=0 0"]
    lines += [line for described in media for line in described]
    return encode("\r\n".join(lines) + "\r\n")
