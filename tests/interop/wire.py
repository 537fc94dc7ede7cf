"""What was on the wire, read from the debug log of the SIPE driver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Message", "final_responses", "messages"]

_BLOCK = re.compile(r"^MESSAGE START ([<>])[<>]+ SIP\(.*?\n(.*?)^MESSAGE END \1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message; `sent` by SIPE, or by the server."""

    sent: bool
    start: str
    fields: tuple[tuple[str, str], ...]
    body: str

    @property
    def status(self) -> int:
        """0 for a request."""
        return int(self.start.split()[1]) if self.start.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        return self["CSeq"].split()[1]

    @property
    def uri(self) -> str:
        return self.start.split()[1]

    @property
    def transaction(self) -> tuple[str, str]:
        return self["Call-ID"], self["CSeq"]

    def all(self, name: str) -> list[str]:
        return [value for known, value in self.fields if known.lower() == name.lower()]

    def __getitem__(self, name: str) -> str:
        """The first header of that name, "" if there is none."""
        return next(iter(self.all(name)), "")

    def address(self, name: str) -> str:
        """The URI of an address header."""
        return self[name].partition("<")[2].partition(">")[0]

    def is_request(self, *methods: str) -> bool:
        return not self.status and self.method in methods


def messages(log: str) -> list[Message]:
    """All that SIPE sent and received, in its order."""
    return [_message(found[1] == ">", found[2]) for found in _BLOCK.finditer(log.replace("\r", ""))]


def _message(sent: bool, text: str) -> Message:
    head, _, body = text.partition("\n\n")
    start, *lines = head.split("\n")
    fields = [(name.strip(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Message(sent, start, tuple(fields), body.strip("\n"))


def final_responses(wire: Iterable[Message], request: Message) -> Sequence[Message]:
    """The final responses to `request`, which came from the other side."""
    return [
        one
        for one in wire
        if one.sent is not request.sent and one.status >= 200 and one.transaction == request.transaction
    ]
