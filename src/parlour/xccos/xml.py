"""From bytes to an element tree, hardened: no document types, no entities, no network, capped before parsing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from parlour.xccos.errors import XccosError
from parlour.xccos.escape import strip_forbidden

__all__ = ["CLIENT_LIMITS", "DecodeLimits", "Element", "parse_document"]

Element: TypeAlias = etree._Element


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Caps on one envelope. `nodes` bounds the element count by counting `<` before the parser allocates anything;
    depth is bounded at 256 by libxml2, and nothing here recurses."""

    body_bytes: int = 256 * 1024
    nodes: int = 20_000
    primitives: int = 256
    rooms_per_command: int = 1000


CLIENT_LIMITS = DecodeLimits(body_bytes=8 * 1024 * 1024, nodes=400_000, primitives=4096, rooms_per_command=100_000)
"""What a client grants its server: a list of 999 rooms is one reply."""

_PARSER = etree.XMLParser(
    encoding="utf-8",  # whatever the declaration says: the wire is UTF-8, and no other decoder gets a chance
    resolve_entities=False,
    load_dtd=False,
    dtd_validation=False,
    no_network=True,
    huge_tree=False,
    remove_comments=True,
    remove_pis=True,
)
_BOM = b"\xef\xbb\xbf"
# Possessive throughout: what may precede a document type declaration is skipped once, in linear time.
_DOCTYPE_IN_PROLOG = re.compile(rb"(?:\s++|<\?(?>.*?\?>)|<!--(?>.*?-->))*+<!DOCTYPE", re.DOTALL)


def parse_document(body: bytes, limits: DecodeLimits) -> Element:
    """The root element. Raises XccosError: 413 beyond the caps, 400 for anything else that is not plain XML.

    A byte order mark, white space and an XML declaration are accepted around it."""
    if len(body) > limits.body_bytes or body.count(b"<") > 2 * limits.nodes:
        raise XccosError(413, "Envelope Too Large")
    if not body.startswith(b"<"):
        body = body.removeprefix(_BOM).strip()
    if b"<!DOCTYPE" in body and _DOCTYPE_IN_PROLOG.match(body):
        raise XccosError(400, "Document Type Refused")
    try:
        root = etree.fromstring(_readable(body), _PARSER)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise XccosError(400, "Malformed XML") from error
    if root is None:
        raise XccosError(400, "Malformed XML")
    return root


def _readable(body: bytes) -> bytes:
    """UTF-8 that a parser accepts. COMPAT: SIPE has been seen to send invalid UTF-8 in a room URI; the rest of such a
    body still deserves its answer, so bad bytes become U+FFFD and stray controls go."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return strip_forbidden(body.decode("utf-8", "replace")).encode("utf-8")
    return body
