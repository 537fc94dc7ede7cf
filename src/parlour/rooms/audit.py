"""The audit trail: what is recorded of a change, and in which form. Pure; who keeps it is `store`'s business.

A record is bounded whatever the change was: texts are cut, of a list the first few entries are named and the others
counted. Passwords and what people wrote are never in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from enum import Enum
from heapq import nsmallest

from parlour.rooms.model import Micros

__all__ = [
    "DONE",
    "NAMED",
    "AuditPage",
    "AuditQuery",
    "AuditRecord",
    "Fields",
    "Way",
    "cut",
    "differences",
    "list_change",
]

DONE = "done"
"""The outcome of a change that was made; else it is the reason of the refusal."""

NAMED = 10
"""Entries of a list that a record names, of those who came and of those who went."""

TEXT_CHARS = 200
"""Characters of a text in a record."""

Fields = Mapping[str, object]
"""What changed, JSON-able: `[old, new]` of a value; of a list `{"added": 3, "removed": 0, "some": ["+sip:..."]}`; or
a plain value that says more about the act. None stands for what was not there."""


class Way(Enum):
    """How somebody came to change something. A client says itself that it is our SDK."""

    WIRE = "wire"
    SDK = "sdk"
    CONSOLE = "console"
    SERVER = "server"
    """Nobody asked: the server finished what was left undone."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One change. `id` is a GUID; `who` a URI, or `console:<system user>`. `kind` (room, category, addin, user, group,
    domain, endpoint, service), `target` (id or URI) and `name` say what was changed, by the name it had before, a new
    thing by its own. `command` is the name of the administrative command, whichever way it was asked."""

    id: str
    at: Micros
    who: str
    way: Way
    command: str
    kind: str
    target: str
    name: str
    fields: Fields = field(default_factory=dict)
    outcome: str = DONE


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which records: all of these hold. `who`: any of these exactly. `room`: the id, or the name that it had then,
    ignoring case. `target`: the id or URI of anything. `command`: this one, or all whose names go on behind it with a
    dot. `before`: lower numbers only."""

    since: Micros | None = None
    until: Micros | None = None
    who: tuple[str, ...] = ()
    room: str | None = None
    target: str | None = None
    command: str | None = None
    before: int | None = None


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Records with their numbers, newest first. Numbers ascend in the order of keeping."""

    rows: tuple[tuple[int, AuditRecord], ...]


def differences(before: object | None, after: object | None, names: Iterable[str]) -> dict[str, object]:
    """The fields in which two values differ; None for one that is not there: then, of the other, those that say
    something."""
    found: dict[str, object] = {}
    for name in names:
        old, new = getattr(before, name, None), getattr(after, name, None)
        if isinstance(old, frozenset) or isinstance(new, frozenset):
            came_and_went = list_change(old or frozenset(), new or frozenset())
            if came_and_went is not None:
                found[name] = came_and_went
        elif old != new and (old or new or None not in (before, after)):
            found[name] = [_plain(old), _plain(new)]
    return found


def list_change(before: Set[str], after: Set[str]) -> dict[str, object] | None:
    """How a list changed; None if it did not."""
    added, removed = after - before, before - after
    if not added and not removed:
        return None
    some = [f"{sign}{uri}" for sign, uris in (("+", added), ("-", removed)) for uri in nsmallest(NAMED, uris)]
    return {"added": len(added), "removed": len(removed), "some": some}


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return str(value.value)
    return cut(value) if isinstance(value, str) else value


def cut(text: str) -> str:
    """A text that is not too long for a record."""
    return text if len(text) <= TEXT_CHARS else text[:TEXT_CHARS] + "…"
