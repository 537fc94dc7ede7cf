"""Blocks that occur in many answers: rooms, people, lists, failures."""

from __future__ import annotations

from collections.abc import Iterator
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
from parlour.xccos.fields import VISIBILITIES, flag, guid_or_text, parse_bool, parse_uint
from parlour.xccos.ids import canonical_category_uri, canonical_room_uri
from parlour.xccos.times import parse_time
from parlour.xccos.types import (
    AuditInfo,
    CategoryInfo,
    FailedRoom,
    ListMembers,
    RoomInfo,
    SwitchSetting,
    UserInfo,
)
from parlour.xccos.xml import Element

__all__ = [
    "UNTOLD_CODE",
    "category_of",
    "failed_of",
    "is_truncated",
    "lists_of",
    "number_of",
    "room_of",
    "time_of",
    "user_of",
]

UNTOLD_CODE: Final = 500
"""The code of a reply or failure that told none."""

_USER: Final = 5
_GROUP: Final = 9


def number_of(element: Element, name: str) -> int:
    """A number attribute; 0 when absent or unreadable."""
    return parse_uint(element.get(name)) or 0


def time_of(element: Element, name: str) -> int | None:
    """A time attribute; None when absent or unreadable."""
    stamp = element.get(name)
    return parse_time(stamp) if stamp else None


def is_truncated(data: Element) -> bool:
    """Whether an answer says at its end that there is more."""
    end = data.find("qib")
    return end is not None and flag(end, "truncated")


def failed_of(data: Element) -> tuple[FailedRoom, ...]:
    """The `fib` elements of an answer."""
    return tuple(
        FailedRoom(fib.get("domain") or "", guid_or_text(fib.get("value") or ""), _code(fib))
        for fib in data.find_all("fib")
    )


def _code(fib: Element) -> int:
    return parse_uint(fib.get("code")) or UNTOLD_CODE


def user_of(uib: Element, kind: int = _USER) -> UserInfo:
    """A person or another principal; `kind` where the element does not tell."""
    return UserInfo(
        uib.get("uri") or "",
        uib.get("guid") or "",
        uib.get("disname") or uib.get("uname") or "",
        parse_uint(uib.get("type")) or kind,
        uib.get("email") or "",
        uib.get("company") or "",
        uib.get("path") or "",
        parse_bool(uib.get("disabled")),
        tuple(user_of(affil, _GROUP) for affil in uib.find_all("affil")),
        _audit_of(uib),
    )


def room_of(chanib: Element) -> RoomInfo:
    """A room with what is told of it."""
    infos, props = _texts(chanib, "info"), _texts(chanib, "prop")
    visibility = (infos.get(INFO_VISIBILITY) or infos.get(INFO_VISIBILTY) or "").upper()
    return RoomInfo(
        canonical_room_uri(chanib.get("uri") or ""),
        chanib.get("name") or "",
        chanib.get("description") or "",
        chanib.get("parent") or "",
        (chanib.get("behavior") or "NORMAL").upper(),
        chanib.get("topic") or "",
        flag(chanib, "disabled"),
        VISIBILITIES.get(visibility, visibility) or None,
        parse_uint(infos.get(INFO_UCNT)),
        parse_bool(props.get(PROP_LOGGED)),
        _invite(props.get(PROP_INVITE)),
        parse_bool(props.get(PROP_FILEPOST)),
        infos.get(INFO_FILESTORE) or "",
        chanib.get("siopid") or "",
        chanib.get("siopname") or "",
        chanib.get("siopurl") or "",
        _audit_of(chanib),
    )


def _invite(text: str | None) -> SwitchSetting | None:
    return "inherit" if text is not None and text.lower() == "inherit" else parse_bool(text)


def _texts(chanib: Element, name: str) -> dict[str, str]:
    return {(each.get("id") or "").lower(): each.text.strip() for each in chanib.find_all(name)}


def _audit_of(element: Element) -> AuditInfo | None:
    audit = element.find("audit")
    if audit is None:
        return None
    return AuditInfo(
        audit.get("createdby") or "",
        time_of(audit, "createdon"),
        audit.get("updatedby") or "",
        time_of(audit, "updatedon"),
    )


def category_of(catib: Element) -> CategoryInfo:
    """A category with what is told of it."""
    return CategoryInfo(
        canonical_category_uri(catib.get("uri") or ""),
        catib.get("name") or "",
        catib.get("description") or "",
        catib.get("parent") or "",
        parse_bool(catib.get("invite")),
        parse_bool(catib.get("logged")),
        parse_bool(catib.get("filepost")),
        _audit_of(catib),
        tuple(lists_of(catib)),
        tuple((catib.get("inherits") or "").lower().split()),
    )


def lists_of(element: Element) -> Iterator[ListMembers]:
    """The roles and scopes of a room or category, in document order."""
    for child in element.children:
        if child.tag in ("role", "scope"):
            which = child.get("name" if child.tag == "role" else "type") or ""
            yield ListMembers(which.strip().upper(), tuple(user_of(uib) for uib in child.find_all("uib")))
