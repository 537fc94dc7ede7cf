"""From bytes to a small tree of elements, hardened: no document types, no entities of the document's own, no network,
and every cap is checked before what it caps is built.

Expat, and not lxml, because libxml2 keeps every name it has ever seen in a table that lives as long as the thread:
whoever may send envelopes could make a server grow for ever (docs/decisions/0005-xccos-expat.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn
from xml.parsers import expat

from parlour.xccos.errors import XccosError
from parlour.xccos.escape import strip_forbidden
from parlour.xccos.ids import NAMESPACE

__all__ = ["CLIENT_LIMITS", "SERVER_LIMITS", "DecodeLimits", "Element", "parse_document"]


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Caps on one envelope: bytes of body, elements in it, how deep they nest, commands, rooms named by one command."""

    body_bytes: int = 256 * 1024
    elements: int = 10_000
    depth: int = 32
    primitives: int = 256
    rooms_per_command: int = 1000


SERVER_LIMITS: Final = DecodeLimits()
CLIENT_LIMITS: Final = DecodeLimits(body_bytes=8 * 1024 * 1024, elements=200_000, primitives=4096)
"""What a client grants its server: a list of 999 rooms is one reply."""

_SEPARATOR = " "
_OURS = f"{NAMESPACE}{_SEPARATOR}"
_BOM = b"\xef\xbb\xbf"
# Every prefixed name is expanded to its namespace; a long one would turn four bytes into as many thousands.
_NAMESPACE_CHARS = 256
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


class _Builder:
    """Receives expat's calls. The bottom of the stack holds the document, whose only child is the root."""

    __slots__ = ("document", "left", "limits", "stack")

    def __init__(self, limits: DecodeLimits) -> None:
        self.limits = limits
        self.left = limits.elements
        self.document = Element(None, {})
        self.stack = [self.document]

    def start(self, name: str, attributes: dict[str, str]) -> None:
        stack = self.stack
        top = stack[-1]
        self.left -= 1
        if self.left < 0 or len(stack) > self.limits.depth:
            raise XccosError(413, "Envelope Too Large")
        if top.tag in _TEXTUAL:
            stack.append(top)
            return
        element = Element(name[len(_OURS) :] if name.startswith(_OURS) else None, attributes)
        top.children.append(element)
        stack.append(element)

    def end(self, _name: str) -> None:
        self.stack.pop()

    def data(self, text: str) -> None:
        self.stack[-1].text += text


def parse_document(body: bytes, limits: DecodeLimits) -> Element:
    """The root element. Raises XccosError: 413 beyond a cap, 400 for anything else that is not plain XML.

    A byte order mark, white space and an XML declaration are accepted around it; whatever the declaration says, the
    wire is UTF-8."""
    if len(body) > limits.body_bytes:
        raise XccosError(413, "Envelope Too Large")
    if not body.startswith(b"<"):
        body = body.removeprefix(_BOM).strip()
    builder = _Builder(limits)
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.buffer_text = True
    if len(body) > parser.buffer_size:
        parser.buffer_size = len(body)  # one call for one text: gluing a long one from pieces is quadratic
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartNamespaceDeclHandler = _check_namespace
    try:
        parser.Parse(_readable(body), True)
    except expat.ExpatError as error:
        raise XccosError(400, "Malformed XML") from error
    return builder.document.children[0]


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise XccosError(400, "Document Type Refused")


def _check_namespace(_prefix: str | None, uri: str | None) -> None:
    if uri is not None and len(uri) > _NAMESPACE_CHARS:
        raise XccosError(400, "Namespace Too Long")


def _readable(body: bytes) -> bytes:
    """UTF-8 that a parser accepts. COMPAT: SIPE has been seen to send invalid UTF-8 in a room URI; the rest of such a
    body still deserves its answer, so bad bytes become U+FFFD and stray controls go."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return strip_forbidden(body.decode("utf-8", "replace")).encode("utf-8")
    return body
