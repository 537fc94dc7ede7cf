"""What was said in a test, for the reader of a failure: drawn as the call flows of the pages are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

from parlour.app.ladder import render_ladder
from tests.conformance.wire import Message

_LAST = 120
_NAMESPACES = re.compile(r"\{[^}]*\}")


class Transcript:
    """Everything all clients of a test said and heard, in order."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []

    def add(self, client: int, said: bool, message: Message) -> None:
        """`client`: number of the connection; `said`: by the client, else heard by it."""
        self.lines.append(
            {
                "connection": client,
                "direction": "in" if said else "out",
                "first": message.first,
                "from": message.uri("From").removeprefix("sip:"),
                "to": message.uri("To").removeprefix("sip:"),
                "cseq": message.header("CSeq"),
                "event": message.header("Event"),
                "xccos": {"primitives": _primitives(message.body)},
            }
        )

    def ladder(self) -> str:
        left_out = max(0, len(self.lines) - _LAST)
        rows = render_ladder(self.lines[left_out:])
        return "\n".join([*rows[:1], *([f"... {left_out} before"] if left_out else []), *rows[1:]])


def _primitives(body: bytes) -> list[dict[str, Any]]:
    try:
        root = ET.fromstring(body) if b"<xccos" in body else None
    except ET.ParseError:
        root = None
    return [_primitive(one) for one in (() if root is None else root)]


def _primitive(one: ET.Element) -> dict[str, Any]:
    codes = [child.get("code") for child in one if _local(child) == "resp"]
    rooms: dict[str, dict[str, str]] = {}
    for child in one.iter():
        uri = child.get("chanUri") or (child.get("uri") if _local(child) == "chanib" else None)
        if child.get("domain") and child.get("value"):
            uri = f"ma-chan://{child.get('domain')}/{child.get('value')}"
        if uri:
            rooms.setdefault(uri, {"uri": uri}).update({"name": name} if (name := child.get("name")) else {})
    return {"id": one.get("id") or _local(one), "code": (codes or [""])[0], "rooms": list(rooms.values())}


def _local(one: ET.Element) -> str:
    return _NAMESPACES.sub("", one.tag)
