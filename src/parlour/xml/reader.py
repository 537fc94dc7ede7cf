"""From bytes to calls, hardened: no document types, no entities of the document's own, no network, and every cap is
checked before what it caps is built. Nothing else in the product parses XML.

Expat, and not lxml, because libxml2 keeps every name it has ever seen in a table that lives as long as the thread:
whoever may send documents could make a server grow for ever (docs/decisions/0005-xccos-expat.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, NoReturn, TypeVar
from xml.parsers import expat

from parlour.xml.escape import strip_forbidden

__all__ = ["SEPARATOR", "Builder", "Caps", "Source", "XmlRefused", "read_document"]

SEPARATOR: Final = " "
"""Between the namespace and the local name of an element that has both; expat refuses namespaces that contain it."""

_BOM = b"\xef\xbb\xbf"
# Every prefixed name is expanded to its namespace; a long one would turn four bytes into as many thousands.
_NAMESPACE_CHARS = 256


@dataclass(frozen=True, slots=True)
class Caps:
    """The most bytes of a document, elements in it, and how deep they may nest."""

    size: int
    elements: int
    depth: int


class XmlRefused(Exception):
    """A document beyond a cap (`too_large`), or one that is no plain XML; `reason` in a few words."""

    def __init__(self, reason: str, *, too_large: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.too_large = too_large


class Source:
    """What is being parsed, as the parser sees it, and how far it has come."""

    __slots__ = ("_parser", "text")

    def __init__(self, text: bytes, parser: expat.XMLParserType) -> None:
        self.text = text
        self._parser: expat.XMLParserType | None = parser

    @property
    def position(self) -> int:
        """In `text`: of what is told just now: a start tag, an end tag, data that comes in pieces; 0 when all has been
        read."""
        return 0 if self._parser is None else self._parser.CurrentByteIndex

    def release(self) -> None:
        """Let go of the parser, which holds the builder, which may hold this: no work for the garbage collector."""
        self._parser = None


class Builder:
    """Makes something of a document. Names are `namespace local`, or `local` alone where there is no namespace."""

    __slots__ = ()

    in_pieces: ClassVar[bool] = False
    """Whether character data comes as it is found: each line end by itself, at `Source.position`."""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        raise NotImplementedError

    def end(self, name: str) -> None:
        raise NotImplementedError

    def data(self, text: str) -> None:
        """Character data, with LF for every line end; a text without mark-up comes in one piece, unless `in_pieces`."""

    def declare(self, prefix: str | None, namespace: str | None) -> None:
        """A namespace declaration of the element whose `start` comes next; None: the default, no namespace."""


_Built = TypeVar("_Built", bound=Builder)


def read_document(body: bytes, caps: Caps, make: Callable[[Source], _Built]) -> _Built:
    """The builder that `make` gives, after the whole document has gone through it. Raises XmlRefused.

    A byte order mark, white space and an XML declaration are accepted around the root element; whatever the declaration
    says, the wire is UTF-8."""
    text = _readable(body, caps)
    parser = expat.ParserCreate("utf-8", SEPARATOR)
    if len(text) > parser.buffer_size:
        parser.buffer_size = len(text)  # one call for one text: gluing a long one from pieces is quadratic
    source = Source(text, parser)
    builder = make(source)
    parser.buffer_text = not builder.in_pieces
    _connect(parser, builder, caps)
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise XmlRefused("Malformed XML") from error
    finally:
        source.release()
    return builder


def _connect(parser: expat.XMLParserType, builder: Builder, caps: Caps) -> None:
    left, depth, deepest = caps.elements, 0, caps.depth
    builder_start, builder_end, builder_declare = builder.start, builder.end, builder.declare

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal left, depth
        left -= 1
        depth += 1
        if left < 0 or depth > deepest:
            raise XmlRefused("Document Too Complex", too_large=True)
        builder_start(name, attributes)

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder_end(name)

    def declare(prefix: str | None, namespace: str | None) -> None:
        if namespace is not None and len(namespace) > _NAMESPACE_CHARS:
            raise XmlRefused("Namespace Too Long")
        builder_declare(prefix, namespace)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartNamespaceDeclHandler = declare
    parser.StartDoctypeDeclHandler = _refuse_doctype


def _refuse_doctype(*_declaration: object) -> NoReturn:
    raise XmlRefused("Document Type Refused")


def _readable(body: bytes, caps: Caps) -> bytes:
    """UTF-8 that a parser accepts. COMPAT: SIPE has been seen to send invalid UTF-8 in a room URI; the rest of such a
    body still deserves its answer, so bad bytes become U+FFFD and stray controls go."""
    if len(body) > caps.size:
        raise XmlRefused("Document Too Large", too_large=True)
    if not body.startswith(b"<"):
        body = body.removeprefix(_BOM).strip()
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return strip_forbidden(body.decode("utf-8", "replace")).encode("utf-8")
    return body
