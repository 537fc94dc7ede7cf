"""Reading one field: tolerant where tolerance is harmless, and a reason where it is not (docs/protocol/xccos.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from parlour.xccos.codes import ResponseCode
from parlour.xccos.ids import canonical_category_uri, canonical_principal, canonical_room_uri, normalize_guid
from parlour.xccos.times import end_of_day, parse_time
from parlour.xccos.types import BehaviorWord, RoomRef, SwitchSetting, VisibilityWord
from parlour.xccos.xml import Element

__all__ = [
    "BEHAVIORS",
    "MOST_TEXT",
    "MOST_URI",
    "VISIBILITIES",
    "Malformed",
    "Word",
    "category_uri_of",
    "choice",
    "count_of",
    "flag",
    "guid_or_text",
    "last_time_of",
    "needed_uint",
    "optional_bool",
    "optional_text",
    "parse_bool",
    "parse_uint",
    "primitive_number",
    "principal_of",
    "quotable_uint",
    "required",
    "room_ref",
    "room_uri_of",
    "room_uris",
    "row_limit",
    "single",
    "text_of",
    "time_of",
    "told_bool",
    "told_switch",
    "uint",
]

BEHAVIORS: Final[Mapping[str, BehaviorWord]] = {"NORMAL": "NORMAL", "AUDITORIUM": "AUDITORIUM"}
VISIBILITIES: Final[Mapping[str, VisibilityWord]] = {
    "OPEN": "OPEN",
    "SCOPED": "SCOPED",
    "CLOSED": "SCOPED",
    "PRIVATE": "PRIVATE",
    "SECRET": "PRIVATE",
}
"""What people call the three, beside the words of the wire."""

MOST_TEXT: Final = 1000
"""Characters of an attribute that names something or says what to look for: such texts are folded."""
MOST_URI: Final = 512
"""Characters of the URI of somebody or some group; those of this server have at most 324."""

Word = TypeVar("Word", bound=str)

_TRUE = frozenset({"true", "1", "yes"})
_FALSE = frozenset({"false", "0", "no"})
_MAX_DIGITS = 20
_MAX_UINT = (1 << 64) - 1


class Malformed(Exception):
    """A known command lacks something or carries nonsense, or too much of it (`code` 413). Never leaves the decoders:
    it becomes a BadCommand."""

    def __init__(self, reason: str, code: ResponseCode = ResponseCode.INVALID_ARGUMENT) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def required(element: Element, name: str) -> Element:
    """Like `Element.find`, but a missing one spoils the command."""
    found = element.find(name)
    if found is None:
        raise Malformed(f"{name} is missing")
    return found


def single(element: Element, name: str) -> Element:
    """As `required`; a second one spoils the command too, whose reply could not say which one was meant."""
    found = required(element, name)
    if any(other is not found for other in element.find_all(name)):
        raise Malformed(f"{name} is there more than once")
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


class _AsWritten(int):
    """A number that is said again as it came: `007` counts as 7."""

    written: str

    def __str__(self) -> str:
        return self.written


def quotable_uint(text: str | None) -> int | None:
    """As `parse_uint`, for a number that its sender will look for in our answer: as text it is what was written."""
    number = parse_uint(text)
    if number is None or text is None or str(number) == (written := text.strip()):
        return number
    quoted = _AsWritten(number)
    quoted.written = written
    return quoted


def primitive_number(element: Element, position: int) -> int:
    """`seqid`, as its sender wrote it; one that is missing or no number is `position`, counted from 1."""
    number = quotable_uint(element.get("seqid"))
    return position if number is None else number


def uint(element: Element, name: str) -> int | None:
    """A number attribute: None when absent; nonsense spoils the command."""
    text = element.get(name)
    if text is None:
        return None
    number = parse_uint(text)
    if number is None:
        raise Malformed(f"{name} is not a number")
    return number


def count_of(element: Element, name: str) -> int | None:
    """How many are wanted, at most: None when absent or 0; a number beyond all bounds is as good as the largest."""
    text = (element.get(name) or "").strip()
    if _MAX_DIGITS <= len(text) <= 64 and text.isascii() and text.isdigit():
        return min(int(text), _MAX_UINT) or None
    return uint(element, name) or None


def needed_uint(element: Element, name: str) -> int:
    """A mandatory number attribute."""
    number = uint(element, name)
    if number is None:
        raise Malformed(f"{name} is missing")
    return number


def row_limit(element: Element) -> int | None:
    """`maxResults`: -1 asks for everything, as does leaving it out."""
    return None if (element.get("maxResults") or "-1").strip() == "-1" else uint(element, "maxResults")


def optional_bool(element: Element, name: str) -> bool | None:
    """A boolean attribute that need not be there; nonsense spoils the command, for guessing could do harm."""
    return told_bool(element.get(name), name)


def told_bool(text: str | None, name: str) -> bool | None:
    """As `optional_bool`, for text from anywhere; `name` is for the reason."""
    if text is None or not text.strip():
        return None
    value = parse_bool(text)
    if value is None:
        raise Malformed(f"{name} is not a boolean")
    return value


def told_switch(text: str | None, name: str) -> SwitchSetting | None:
    """As `told_bool`, or `inherit` in any letter case."""
    return "inherit" if text is not None and text.strip().lower() == "inherit" else told_bool(text, name)


def choice(text: str | None, name: str, words: Mapping[str, Word]) -> Word | None:
    """One of the keys of `words` in any letter case, as its value; None when absent or blank."""
    if text is None or not text.strip():
        return None
    found = words.get(text.strip().upper())
    if found is None:
        raise Malformed(f"{name} is not known")
    return found


def optional_text(element: Element, name: str) -> str | None:
    """An attribute without the white space around it, at most MOST_TEXT characters; None when absent or blank."""
    return _short((element.get(name) or "").strip(), MOST_TEXT, name) or None


def _short(text: str, most: int, name: str) -> str:
    if len(text) > most:
        raise Malformed(f"{name} has more than {most} characters", ResponseCode.LIMIT_EXCEEDED)
    return text


def text_of(element: Element, name: str) -> str:
    """A mandatory attribute, otherwise as `optional_text`."""
    text = optional_text(element, name)
    if text is None:
        raise Malformed(f"{name} is missing")
    return text


def guid_or_text(text: str) -> str:
    """A GUID in the spelling used for comparing; other text, stripped, names something that does not exist."""
    return normalize_guid(text) or text.strip()


def time_of(element: Element, name: str) -> int | None:
    """A time attribute: None when absent or blank; nonsense spoils the command."""
    text = optional_text(element, name)
    if text is None:
        return None
    micros = parse_time(text)
    if micros is None:
        raise Malformed(f"{name} is not a time")
    return micros


def last_time_of(element: Element, name: str) -> int | None:
    """As `time_of`, for the end of a span: a day without a time is meant with all its hours."""
    day = end_of_day(element.get(name) or "")
    return time_of(element, name) if day is None else day


def category_uri_of(element: Element, name: str) -> str:
    """A mandatory attribute that names a category, in the spelling used for comparing."""
    return canonical_category_uri(text_of(element, name))


def principal_of(element: Element) -> str:
    """The `uri` of somebody or some group, in the spelling used for comparing."""
    return canonical_principal(_short(text_of(element, "uri"), MOST_URI, "uri"))


def room_uri_of(element: Element, name: str) -> str:
    """A mandatory attribute that names a room, in the spelling used for comparing."""
    text = canonical_room_uri(element.get(name) or "")
    if not text:
        raise Malformed(f"{name} is missing")
    return text


def room_uris(element: Element) -> tuple[str, ...]:
    """What all `chanib` name, each once. One without `uri` names a room that does not exist: only that room fails."""
    return tuple(dict.fromkeys(canonical_room_uri(chanib.get("uri") or "") for chanib in element.find_all("chanib")))


def room_ref(element: Element) -> RoomRef:
    """A `chanid`. A value that is missing or no GUID is kept: it names a room that does not exist, and only that room
    fails."""
    value = (element.get("value") or "").strip()
    domain = (element.get("domain") or "").strip().lower()
    return RoomRef(parse_uint(element.get("key")) or 0, domain, guid_or_text(value))
