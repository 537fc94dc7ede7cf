"""The two messages of a connectionless NTLM handshake as bytes: CHALLENGE (type 2) and AUTHENTICATE (type 3).

Layouts are those of MS-NLMP section 2.2.1. Every field is an (offset, length) chosen by a stranger: each is checked
against the message and against a cap before it is read. There is no type 1 message here: datagram NTLM begins with
the server's challenge.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag

from parlour.sip.auth.params import Malformed

__all__ = [
    "CHALLENGE_FLAGS",
    "REQUIRED_FLAGS",
    "Authenticate",
    "AvId",
    "Challenge",
    "Flag",
    "build_challenge",
    "pack_authenticate",
    "parse_authenticate",
    "parse_av_pairs",
    "parse_challenge",
]


class Flag(IntFlag):
    """Negotiation flags we name (MS-NLMP 2.2.2.5)."""

    UNICODE = 0x00000001
    REQUEST_TARGET = 0x00000004
    SIGN = 0x00000010
    DATAGRAM = 0x00000040
    NTLM = 0x00000200
    ALWAYS_SIGN = 0x00008000
    TARGET_TYPE_SERVER = 0x00020000
    EXTENDED_SESSION_SECURITY = 0x00080000
    IDENTIFY = 0x00100000
    TARGET_INFO = 0x00800000
    VERSION = 0x02000000
    KEY_128 = 0x20000000
    KEY_EXCHANGE = 0x40000000
    KEY_56 = 0x80000000


CHALLENGE_FLAGS = 0xE29A8255
"""What we offer. COMPAT: SIPE gives up unless all of 0x40988251 are set."""

REQUIRED_FLAGS = int(
    Flag.UNICODE | Flag.SIGN | Flag.NTLM | Flag.EXTENDED_SESSION_SECURITY | Flag.KEY_EXCHANGE,
)
"""Without these there are no keys to sign with, or none worth having."""


class AvId(IntEnum):
    """Ids of the target information (MS-NLMP 2.2.2.1)."""

    EOL = 0
    NB_COMPUTER = 1
    NB_DOMAIN = 2
    DNS_COMPUTER = 3
    DNS_DOMAIN = 4
    TIMESTAMP = 7


_SIGNATURE = b"NTLMSSP\0"
_CHALLENGE_HEADER = struct.Struct("<8sIHHII8s8xHHI")  # 48 bytes; VERSION may follow
_AUTHENTICATE_HEADER = struct.Struct("<8sI48sI")  # 64 bytes; VERSION and MIC may follow
_FIELD = struct.Struct("<HHI")  # length, allocated length (ignored), offset
# Version 6.1.7601, revision 15: the field is for debugging only, but some clients want to see one.
_SERVER_VERSION = bytes.fromhex("0601b11d0000000f")
_CLIENT_VERSION = bytes.fromhex("0501280a0000000f")

_MAX_MESSAGE = 8192
_MAX_NAME = 512
_MAX_NT_RESPONSE = 4096
_MIN_NT_RESPONSE = 44  # proof 16, then 28 bytes in front of the target information
_FIELD_CAPS = (24, _MAX_NT_RESPONSE, _MAX_NAME, _MAX_NAME, _MAX_NAME, 16)  # LM, NT, domain, user, host, key
_MAX_AV_PAIRS = 64
_NETBIOS_CHARS = 15


@dataclass(frozen=True, slots=True)
class Authenticate:
    """A type 3 message, cut into its fields. `session_key` is still wrapped; `nt_response` is the NTLMv2 response."""

    flags: int
    domain: str
    user: str
    workstation: str
    lm_response: bytes = field(repr=False)
    nt_response: bytes = field(repr=False)
    session_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Challenge:
    """A type 2 message. `target_info` holds the AV pairs as received, end mark included."""

    flags: int
    target: str
    server_challenge: bytes
    target_info: bytes


def _av(kind: int, value: bytes) -> bytes:
    return struct.pack("<HH", kind, len(value)) + value


def _netbios(name: str) -> str:
    return name.partition(".")[0][:_NETBIOS_CHARS].upper()


def build_challenge(server_challenge: bytes, domain: str, host: str, timestamp: int | None = None) -> bytes:
    """The type 2 message. `domain` and `host` are DNS names; their NetBIOS forms are made from the first label.

    `server_challenge`: 8 random bytes, used once. `timestamp`: 100 ns units since 1601-01-01 UTC; leave it out unless
    a client needs it, because one that gets it owes an integrity code over a type 1 message that does not exist.
    """
    if len(server_challenge) != 8:
        raise ValueError("a server challenge has 8 bytes")
    target = _netbios(host).encode("utf-16-le")
    info = _av(AvId.NB_DOMAIN, _netbios(domain).encode("utf-16-le")) + _av(AvId.NB_COMPUTER, target)
    info += _av(AvId.DNS_DOMAIN, domain.encode("utf-16-le")) + _av(AvId.DNS_COMPUTER, host.encode("utf-16-le"))
    if timestamp is not None:
        info += _av(AvId.TIMESTAMP, struct.pack("<Q", timestamp))
    info += _av(AvId.EOL, b"")
    size, at = len(target), _CHALLENGE_HEADER.size + len(_SERVER_VERSION)
    head = _CHALLENGE_HEADER.pack(
        _SIGNATURE, 2, size, size, at, CHALLENGE_FLAGS, server_challenge, len(info), len(info), at + size
    )
    return head + _SERVER_VERSION + target + info


def _slice(data: bytes, length: int, offset: int, cap: int) -> bytes | None:
    if length > cap or offset + length > len(data):
        return None
    return data[offset : offset + length]


def _name(raw: bytes | None) -> str | None:
    """UTF-16LE text; None for a missing field, a broken surrogate, or a character that no name has."""
    if raw is None:
        return None
    try:
        text = raw.decode("utf-16-le")
    except UnicodeDecodeError:
        return None
    return None if any(character < " " for character in text) else text


def parse_authenticate(data: bytes) -> Authenticate | Malformed:
    """The type 3 message in the `gssapi-data` of a client. Only Unicode and NTLMv2 are read."""
    if not _AUTHENTICATE_HEADER.size <= len(data) <= _MAX_MESSAGE:
        return Malformed("type 3 message too short or too long")
    magic, kind, fields, flags = _AUTHENTICATE_HEADER.unpack_from(data)
    if magic != _SIGNATURE or kind != 3:
        return Malformed("not a type 3 message")
    if not flags & Flag.UNICODE:
        return Malformed("type 3 message is not in Unicode")
    places = _FIELD.iter_unpack(fields)
    raw = [_slice(data, length, at, cap) for (length, _, at), cap in zip(places, _FIELD_CAPS, strict=True)]
    return _from_fields(flags, *raw)


def _from_fields(
    flags: int,
    lm_response: bytes | None,
    nt_response: bytes | None,
    domain: bytes | None,
    user: bytes | None,
    workstation: bytes | None,
    session_key: bytes | None,
) -> Authenticate | Malformed:
    if lm_response is None or nt_response is None or session_key is None:
        return Malformed("field outside the type 3 message")
    names = _name(domain), _name(user), _name(workstation)
    if names[0] is None or names[1] is None or names[2] is None:
        return Malformed("bad name in type 3 message")
    if len(nt_response) < _MIN_NT_RESPONSE or nt_response[16:18] != b"\1\1":
        return Malformed("not an NTLMv2 response")
    return Authenticate(flags, names[0], names[1], names[2], lm_response, nt_response, session_key)


def parse_challenge(data: bytes) -> Challenge | Malformed:
    """The type 2 message in the `gssapi-data` of a server."""
    if not _CHALLENGE_HEADER.size <= len(data) <= _MAX_MESSAGE:
        return Malformed("type 2 message too short or too long")
    magic, kind, target_len, _1, target_at, flags, nonce, info_len, _2, info_at = _CHALLENGE_HEADER.unpack_from(data)
    if magic != _SIGNATURE or kind != 2:
        return Malformed("not a type 2 message")
    target = _name(_slice(data, target_len, target_at, _MAX_NAME))
    info = _slice(data, info_len, info_at, _MAX_NT_RESPONSE)
    if target is None or info is None:
        return Malformed("field outside the type 2 message")
    if isinstance(pairs := parse_av_pairs(info), Malformed):
        return pairs
    return Challenge(flags, target, nonce, info)


def parse_av_pairs(info: bytes) -> Mapping[int, bytes] | Malformed:
    """Target information as id -> value, up to its end mark; the first of a repeated id counts."""
    pairs: dict[int, bytes] = {}
    position = 0
    for _ in range(_MAX_AV_PAIRS):
        if position + 4 > len(info):
            break
        kind, length = struct.unpack_from("<HH", info, position)
        position += 4
        if kind == AvId.EOL:
            return pairs
        if position + length > len(info):
            break
        pairs.setdefault(kind, info[position : position + length])
        position += length
    return Malformed("target information does not end")


def pack_authenticate(message: Authenticate) -> bytes:
    """The type 3 message as SIPE lays it out: 72 bytes of header, then the payload, without an integrity code."""
    payload = bytearray()
    fields: dict[str, bytes] = {}
    for name, value in (
        ("domain", message.domain.encode("utf-16-le")),
        ("user", message.user.encode("utf-16-le")),
        ("workstation", message.workstation.encode("utf-16-le")),
        ("lm", message.lm_response),
        ("nt", message.nt_response),
        ("key", message.session_key),
    ):
        fields[name] = _FIELD.pack(len(value), len(value), 72 + len(payload))
        payload += value
    order = ("lm", "nt", "domain", "user", "workstation", "key")
    head = _SIGNATURE + struct.pack("<I", 3) + b"".join([fields[name] for name in order])
    return head + struct.pack("<I", message.flags) + _CLIENT_VERSION + bytes(payload)
