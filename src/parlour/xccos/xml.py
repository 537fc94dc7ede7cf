"""From bytes to a small tree of elements, within caps; `parlour.xml.reader` does the parsing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from parlour.xccos.errors import XccosError
from parlour.xccos.ids import NAMESPACE
from parlour.xml.reader import SEPARATOR, Builder, Caps, Source, XmlRefused, read_document

__all__ = ["CLIENT_LIMITS", "SERVER_LIMITS", "DecodeLimits", "Element", "parse_document"]


@dataclass(frozen=True, slots=True)
class DecodeLimits(Caps):
    """Caps on one envelope: those of its document, commands in it, rooms named by one command."""

    size: int = 256 * 1024
    elements: int = 10_000
    depth: int = 32
    primitives: int = 256
    rooms_per_command: int = 1000


SERVER_LIMITS: Final = DecodeLimits()
CLIENT_LIMITS: Final = DecodeLimits(size=8 * 1024 * 1024, elements=200_000, primitives=4096)
"""What a client grants its server: a list of 999 rooms is one reply."""

_OURS = f"{NAMESPACE}{SEPARATOR}"
# Elements whose content is text. Mark-up inside them is left out, its words are kept.
_TEXTUAL = frozenset({"chat", "rtf", "resp", "info", "prop", "text"})


class Element:
    """An element: `tag` is the local name, or None outside our namespace; `text` is its own character data."""

    __slots__ = ("attributes", "children", "tag", "text")

    def __init__(self, tag: str | None, attributes: dict[str, str]) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []

    def get(self, name: str) -> str | None:
        """An attribute without a namespace."""
        return self.attributes.get(name)

    def find(self, tag: str) -> Element | None:
        """The first child of that name in our namespace."""
        for element in self.children:
            if element.tag == tag:
                return element
        return None

    def find_all(self, tag: str) -> Iterator[Element]:
        """All children of that name in our namespace, in document order."""
        return (element for element in self.children if element.tag == tag)


class _TreeBuilder(Builder):
    """The bottom of the stack holds the document, whose only child is the root.

    Few elements have text in more than one piece; what comes after the first is put to it by `join`, all at once."""

    __slots__ = ("_more", "document", "stack")

    def __init__(self, _source: Source) -> None:
        self.document = Element(None, {})
        self.stack = [self.document]
        self._more: dict[Element, list[str]] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        stack = self.stack
        top = stack[-1]
        if top.tag in _TEXTUAL:
            stack.append(top)
            return
        element = Element(name[len(_OURS) :] if name.startswith(_OURS) else None, attributes)
        top.children.append(element)
        stack.append(element)

    def end(self, name: str) -> None:
        self.stack.pop()

    def data(self, text: str) -> None:
        top = self.stack[-1]
        if top.text:
            self._more.setdefault(top, []).append(text)
        else:
            top.text = text

    def join(self) -> None:
        """Make the texts whole; after the last of the document."""
        for element, pieces in self._more.items():
            element.text += "".join(pieces)


class _LineEndKeeper(_TreeBuilder):
    """COMPAT: SIPE ends the lines of a message with a raw CR LF, which XML turns into LF (XML 1.0 section 2.11). The
    original keeps them, and its clients look for them. Each is a piece; so many that it is no message are left to XML.
    """

    __slots__ = ("_pieces", "_source")

    in_pieces = True

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._source = source
        self._pieces: list[str] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._pass_on()
        super().start(name, attributes)

    def end(self, name: str) -> None:
        self._pass_on()
        super().end(name)

    def data(self, text: str) -> None:
        if text == "\n":
            at = self._source.position
            raw = self._source.text[at : at + 2]
            text = "\r\n" if raw == b"\r\n" else "\r" if raw[:1] == b"\r" else text
        self._pieces.append(text)

    def _pass_on(self) -> None:
        if self._pieces:
            super().data("".join(self._pieces))
            self._pieces.clear()


def parse_document(body: bytes, limits: DecodeLimits) -> Element:
    """The root element. Raises XccosError: 413 beyond a cap, 400 for anything else that is not plain XML."""
    try:
        keeps = b"\r" in body and body.count(b"\r") <= limits.elements
        builder = read_document(body, limits, _LineEndKeeper if keeps else _TreeBuilder)
    except XmlRefused as refused:
        if refused.too_large:
            raise XccosError(413, "Envelope Too Large") from refused
        raise XccosError(400, refused.reason) from refused
    builder.join()
    return builder.document.children[0]
