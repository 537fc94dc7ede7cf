"""XML documents from clients as a small tree in which every element knows where it stands, so that what the server does
not look into can be kept as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from parlour.sip.errors import RemoteProtocolError
from parlour.xml.escape import escape_attribute
from parlour.xml.reader import SEPARATOR, Builder, Caps, Source, XmlRefused, read_document

__all__ = ["MAX_DOCUMENT", "Element", "parse_document"]

MAX_DOCUMENT: Final = 128 * 1024
"""Largest document accepted from a client, in bytes. A full presence publication of a busy client is about 20 KiB."""

_MAX_DEPTH: Final = 32
_MAX_ELEMENTS: Final = 4000
# Each element that is kept carries the namespaces around it; real documents declare three or four.
_MAX_PREFIXES: Final = 32
_MAX_PREFIX: Final = 64
_TAG_NAME = re.compile(rb"<[^\s/>]++")
# In a well-formed tag `>` ends it, except inside a value.
_TAG = re.compile(rb"""<(?:[^>"']++|"[^"]*+"|'[^']*+')*>""")

_Scope = Mapping[str | None, str]


class Element:
    """An element. `name` is without its namespace: clients differ in namespaces, not in names."""

    __slots__ = ("_around", "_attributes", "_declared", "_end", "_source", "_start", "children", "name")

    def __init__(
        self, name: str, attributes: dict[str, str], source: Source, around: _Scope, declared: frozenset[str | None]
    ) -> None:
        self.name = name
        self.children: list[Element] = []
        self._attributes = attributes
        self._source = source
        self._start = self._end = source.position
        self._around = around
        self._declared = declared

    def get(self, name: str) -> str | None:
        """An attribute without a namespace."""
        return self._attributes.get(name)

    def find_all(self, name: str) -> list[Element]:
        """Children called `name` in any namespace."""
        return [child for child in self.children if child.name == name]

    def close(self) -> None:
        """The parser has come to the end tag."""
        self._end = self._source.position

    def whole(self) -> bytes:
        """The element as it was written, in UTF-8, able to stand alone. Namespace declarations in scope come along,
        used or not: a prefix may be used inside a value, where no parser sees it."""
        text = self._source.text
        name_end = _end_of(_TAG_NAME, text, self._start)
        tag_end = _end_of(_TAG, text, self._start)
        end = tag_end if text.endswith(b"/>", self._start, tag_end) else text.index(b">", self._end) + 1
        missing = {prefix: uri for prefix, uri in self._around.items() if prefix not in self._declared}
        return text[self._start : name_end] + _declarations(missing) + text[name_end:end]


def _end_of(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    found = pattern.match(text, start)
    assert found is not None, "a parser that called this a tag"
    return found.end()


def _declarations(scope: _Scope) -> bytes:
    return "".join(
        f' xmlns{":" if prefix else ""}{prefix or ""}="{escape_attribute(uri)}"' for prefix, uri in scope.items()
    ).encode()


class _TreeBuilder(Builder):
    """The open elements, each with the namespaces in scope inside it."""

    __slots__ = ("_declared", "_open", "_source", "root")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._declared: dict[str | None, str | None] = {}
        self._open: list[tuple[Element, _Scope]] = []
        self.root: Element | None = None

    def declare(self, prefix: str | None, namespace: str | None) -> None:
        if len(self._declared) >= _MAX_PREFIXES or len(prefix or "") > _MAX_PREFIX:
            raise XmlRefused("Too Many Namespaces")
        self._declared[prefix] = namespace

    def start(self, name: str, attributes: dict[str, str]) -> None:
        around: _Scope = self._open[-1][1] if self._open else {}
        inside = self._scope(around) if self._declared else around
        local = name.rpartition(SEPARATOR)[2]
        element = Element(local, attributes, self._source, around, frozenset(self._declared))
        self._declared.clear()
        if self._open:
            self._open[-1][0].children.append(element)
        else:
            self.root = element
        self._open.append((element, inside))

    def _scope(self, around: _Scope) -> _Scope:
        scope = {prefix: uri for prefix, uri in {**around, **self._declared}.items() if uri}
        if len(scope) > _MAX_PREFIXES:
            raise XmlRefused("Too Many Namespaces")
        return scope

    def end(self, name: str) -> None:
        self._open.pop()[0].close()


def parse_document(body: bytes, *, limit: int = MAX_DOCUMENT) -> Element:
    """The root of `body`. Raises RemoteProtocolError 413 when it is larger than `limit` bytes, deeper or richer in
    elements than any client needs, and 400 when it is not well-formed or carries a document type."""
    try:
        root = read_document(body, Caps(limit, _MAX_ELEMENTS, _MAX_DEPTH), _TreeBuilder).root
    except XmlRefused as refused:
        raise RemoteProtocolError(413 if refused.too_large else 400, refused.reason) from refused
    assert root is not None, "a document that is well-formed has a root"
    return root
