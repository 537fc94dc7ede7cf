"""Reading one field: tolerant where tolerance is harmless, and a reason where it is not (docs/protocol/xccos.md)."""

from __future__ import annotations

from parlour.xccos.ids import canonical_room_uri, normalize_guid
from parlour.xccos.types import RoomRef
from parlour.xccos.xml import Element

__all__ = [
    "Malformed",
    "flag",
    "parse_bool",
    "parse_uint",
    "required",
    "room_ref",
    "room_uri_of",
    "uint",
]

_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_MAX_DIGITS = 20
_MAX_UINT = (1 << 64) - 1


class Malformed(Exception):
    """A known command lacks something or carries nonsense. Never leaves the decoders: it becomes a BadCommand."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def required(element: Element, name: str) -> Element:
    """Like `Element.find`, but a missing one spoils the command."""
    found = element.find(name)
    if found is None:
        raise Malformed(f"{name} is missing")
    return found


def parse_bool(text: str | None) -> bool | None:
    """true/false, 1/0, yes/no in any letter case; None for anything else."""
    if text is None:
        return None
    low = text.strip().lower()
    return True if low in _TRUE else False if low in _FALSE else None


def flag(element: Element, name: str) -> bool:
    """A boolean attribute; absent or unreadable means false."""
    return parse_bool(element.get(name)) is True


def parse_uint(text: str | None) -> int | None:
    """An unsigned 64-bit number in decimal digits, None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return None
    number = int(text)
    return number if number <= _MAX_UINT else None


def uint(element: Element, name: str) -> int | None:
    """A number attribute: None when absent; nonsense spoils the command."""
    text = element.get(name)
    if text is None:
        return None
    number = parse_uint(text)
    if number is None:
        raise Malformed(f"{name} is not a number")
    return number


def room_uri_of(element: Element, name: str) -> str:
    """A mandatory attribute that names a room, in the spelling used for comparing."""
    text = canonical_room_uri(element.get(name) or "")
    if not text:
        raise Malformed(f"{name} is missing")
    return text


def room_ref(element: Element) -> RoomRef:
    """A `chanid`. A value that is no GUID is kept: it names a room that does not exist, and only that room fails."""
    value = (element.get("value") or "").strip()
    if not value:
        raise Malformed("chanid without value")
    domain = (element.get("domain") or "").strip().lower()
    return RoomRef(parse_uint(element.get("key")) or 0, domain, normalize_guid(value) or value)
