"""Names on the wire: the namespace, room, category and group URIs, GUIDs (docs/protocol/xccos.md, Names).

What is accepted is wider than what is emitted: any letter case, braces, `{}`; out goes lower case without braces.
"""

from __future__ import annotations

import re

__all__ = [
    "NAMESPACE",
    "canonical_category_uri",
    "canonical_principal",
    "canonical_room_uri",
    "category_uri",
    "group_uri",
    "normalize_guid",
    "parse_category_uri",
    "parse_group_uri",
    "parse_room_uri",
    "room_uri",
]

NAMESPACE = "urn:parlano:xml:ns:xccos"

_GUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_DOMAIN = r"[A-Za-z0-9._\-\[\]:]{1,255}"
_LOOSE_GUID = re.compile(rf"\{{({_GUID})\}}|({_GUID})", re.IGNORECASE | re.ASCII)
_BARE_GUID = re.compile(r"[0-9a-f]{32}", re.IGNORECASE | re.ASCII)
_NODE = re.compile(rf"(ma-chan|ma-cat)://({_DOMAIN})/([^/?#]{{1,64}})", re.IGNORECASE | re.ASCII)
_CANONICAL_ROOM = re.compile(rf"ma-chan://([a-z0-9._\-]{{1,255}})/({_GUID})", re.ASCII)
_GROUP = re.compile(r"ma-grp:(?://[^/]{1,255}/)?([^/@]{1,64})(?:@u\.g)?|([^/@]{1,64})@u\.g", re.IGNORECASE | re.ASCII)


def normalize_guid(text: str) -> str | None:
    """36 characters, lower case, hyphenated, no braces; None when `text` is no GUID."""
    text = text.strip()
    if match := _LOOSE_GUID.fullmatch(text):
        return (match[1] or match[2]).lower()
    if _BARE_GUID.fullmatch(text):
        low = text.lower()
        return f"{low[:8]}-{low[8:12]}-{low[12:16]}-{low[16:20]}-{low[20:]}"
    return None


def room_uri(domain: str, guid: str) -> str:
    """`ma-chan://<domain>/<guid>`. Emit the same spelling always: COMPAT: SIPE compares room URIs letter by letter."""
    return f"ma-chan://{domain}/{guid}"


def category_uri(domain: str, guid: str) -> str:
    """`ma-cat://<domain>/<guid>`."""
    return f"ma-cat://{domain}/{guid}"


def group_uri(guid: str) -> str:
    """`ma-grp:<guid>@u.g`: a group, folder or domain as a principal."""
    return f"ma-grp:{guid}@u.g"


def parse_room_uri(text: str) -> tuple[str, str] | None:
    """(domain in lower case, GUID) of a room URI, None when it is none."""
    if usual := _CANONICAL_ROOM.fullmatch(text):
        return usual[1], usual[2]
    return _parse_node(text, "ma-chan")


def parse_category_uri(text: str) -> tuple[str, str] | None:
    """(domain in lower case, GUID) of a category URI, None when it is none."""
    return _parse_node(text, "ma-cat")


def parse_group_uri(text: str) -> str | None:
    """The GUID in any of `ma-grp:<guid>@u.g`, `ma-grp:<guid>`, `ma-grp://<domain>/<guid>`, `<guid>@u.g`."""
    match = _GROUP.fullmatch(text.strip())
    return normalize_guid(match[1] or match[2]) if match else None


def canonical_room_uri(text: str) -> str:
    """The one spelling of a room URI that is used for comparing; text that is no room URI comes back stripped, and
    names a room that does not exist."""
    if _CANONICAL_ROOM.fullmatch(text):
        return text
    parsed = parse_room_uri(text)
    return room_uri(*parsed) if parsed else text.strip()


def canonical_category_uri(text: str) -> str:
    """As `canonical_room_uri`, for categories."""
    parsed = parse_category_uri(text)
    return category_uri(*parsed) if parsed else text.strip()


def canonical_principal(text: str) -> str:
    """The one spelling of a person or group that is used for comparing: `sip:` URIs in lower case and without
    parameters, which make nobody else of a person (RFC 3261 section 19.1.4), groups as `group_uri` has them. Other text
    comes back stripped, and names nobody."""
    text = text.strip()
    if guid := parse_group_uri(text):
        return group_uri(guid)
    low = text.lower()
    if not low.startswith("sip:"):
        return text
    user, at, host = low.partition("@")
    return user + at + host.partition(";")[0].partition("?")[0]


def _parse_node(text: str, scheme: str) -> tuple[str, str] | None:
    match = _NODE.fullmatch(text.strip())
    if match is None or match[1].lower() != scheme:
        return None
    guid = normalize_guid(match[3])
    return (match[2].lower(), guid) if guid else None
