"""Lines of a trace as a ladder: who said what to whom, drawn as call flows are published.

    alice                         front end    lookup    channel service
    |---INFO cmd:requri-------------------------->|          |
    |<--200 OK (INFO)-----------------------------|          |

Pure: text in, text out. One column per connection, named after who signs in on it; the server stands as the three
services that the original had, told apart by the addresses of From and To.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

__all__ = ["parse_trace", "render_ladder", "select"]

Line = Mapping[str, Any]

_STATIONS = ("front end", "lookup", "channel service")
_FRONT_END, _LOOKUP, _CHANNEL = range(3)
_LOOKUP_USER = "ocschat@"
# The part that addresses of chat services have in common (docs/protocol/sip.md).
_CHANNEL_USER = "-persistentchatservice-"
_LONGEST_LABEL = 72
_MANY_ROOMS = 3


def parse_trace(text: Iterable[str]) -> list[Line]:
    """The messages of a trace file; what is no line of a trace (one cut short by a crash) is left out."""
    found: list[Line] = []
    for line in text:
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict) and {"connection", "direction", "first"} <= told.keys():
            found.append(told)
    return found


def select(lines: Iterable[Line], *, call_id: str = "", user: str = "") -> list[Line]:
    """Those of one call, and those from or to one person (`alice` or `alice@example.com`)."""
    return [
        one
        for one in lines
        if (not call_id or one.get("call_id") == call_id)
        and (not user or any(_is(user, str(one.get(end, ""))) for end in ("from", "to")))
    ]


def render_ladder(lines: Sequence[Line]) -> list[str]:
    """The drawing, a line of text for each message under a line of titles; nothing for nothing."""
    if not lines:
        return []
    clients = _clients(lines)
    names = _room_names(lines)
    labels = [_cut(_label(line, names)) for line in lines]
    paper = _Paper([*clients.values(), *_STATIONS], len(clients), max(map(_width, labels)))
    columns = {connection: column for column, connection in enumerate(clients)}
    rows = [paper.titles()]
    for line, label in zip(lines, labels, strict=True):
        client, server = columns[line["connection"]], len(clients) + _station(line)
        rows.append(paper.arrow(client, server, label, to_server=line["direction"] == "in"))
    return rows


# What is said -------------------------------------------------------------------------------------------------------


def _label(line: Line, names: Mapping[str, str]) -> str:
    words = str(line["first"]).split(" ", 2)
    if words[0] == "SIP/2.0":
        method = str(line.get("cseq", "")).partition(" ")[2]
        return " ".join(words[1:]) + (f" ({method})" if method else "")
    parts = [words[0]]
    if words[0] == "INVITE" and len(words) > 1:
        parts.append(words[1])
    if line.get("event"):
        parts.append(str(line["event"]))
    primitives = line.get("xccos", {}).get("primitives", ())
    said = [_primitive(one, names) for one in primitives]
    parts.append(", ".join(one if count == 1 else f"{one} x{count}" for one, count in _counted(said)))
    return " ".join(filter(None, parts))


def _primitive(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    rooms = [names.get(room["uri"]) or room["uri"].rpartition("/")[2] for room in one.get("rooms", ())]
    where = f"({len(rooms)} rooms)" if len(rooms) > _MANY_ROOMS else f"({', '.join(rooms)})" if rooms else ""
    return " ".join(filter(None, (str(one["id"]), str(one.get("code", "")), where)))


def _counted(words: Sequence[str]) -> list[tuple[str, int]]:
    return [(word, len(list(same))) for word, same in groupby(words)]


def _room_names(lines: Iterable[Line]) -> dict[str, str]:
    """Names by URI, wherever in the trace they are told."""
    return {
        room["uri"]: room["name"]
        for line in lines
        for one in line.get("xccos", {}).get("primitives", ())
        for room in one.get("rooms", ())
        if "name" in room
    }


# Who says it --------------------------------------------------------------------------------------------------------


def _clients(lines: Iterable[Line]) -> dict[Any, str]:
    """The connections in order, each with its title: who asks on it, with a number from the second one on."""
    found: dict[Any, str] = {}
    for line in lines:
        known = found.setdefault(line["connection"], "")
        if not known and line["direction"] == "in" and not str(line["first"]).startswith("SIP/2.0"):
            found[line["connection"]] = str(line.get("from", "")).partition("@")[0]
    taken: dict[str, int] = {}
    for connection, name in found.items():
        taken[name] = taken.get(name, 0) + 1
        found[connection] = (name or "?") + (f" #{taken[name]}" if taken[name] > 1 else "")
    return found


def _station(line: Line) -> int:
    ends = [str(line.get(end, "")).lower() for end in ("from", "to")]
    if any(end.startswith(_LOOKUP_USER) for end in ends):
        return _LOOKUP
    return _CHANNEL if any(_CHANNEL_USER in end for end in ends) else _FRONT_END


def _is(wanted: str, address: str) -> bool:
    return wanted.lower() in (address.lower(), address.partition("@")[0].lower())


# How it is drawn ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Paper:
    """Vertical lines below `headings`; between those of the `clients` and those of the server there is room for a label
    of `widest` cells."""

    headings: Sequence[str]
    clients: int
    widest: int

    def _places(self) -> list[int]:
        places = [0]
        for column, title in enumerate(self.headings[:-1], 1):
            least = self.widest + 6 if column == self.clients else 9
            places.append(places[-1] + max(_width(title) + 4, least))
        return places

    def titles(self) -> str:
        gaps = [right - left for left, right in pairwise(self._places())]
        return "".join(
            [title + " " * (gap - _width(title)) for title, gap in zip(self.headings, [*gaps, 0], strict=False)]
        ).rstrip()

    def arrow(self, client: int, server: int, label: str, *, to_server: bool) -> str:
        """One line, from the client's vertical to the server's or back."""
        places = self._places()
        length = places[server] - places[client] - 1
        line = "-" * (length - _width(label) - 3)
        body = f"---{label}{line[:-1]}>" if to_server else f"<--{label}{line}"
        before = "".join("|" + " " * (right - left - 1) for left, right in pairwise(places[: client + 1]))
        after = "".join(" " * (right - left - 1) + "|" for left, right in pairwise(places[server:]))
        return f"{before}|{body}|{after}"


def _width(text: str) -> int:
    """Cells on a terminal: Chinese, Japanese and Korean letters take two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cut(label: str) -> str:
    if _width(label) <= _LONGEST_LABEL:
        return label
    while _width(label) > _LONGEST_LABEL - 3:
        label = label[:-1]
    return label + "..."
