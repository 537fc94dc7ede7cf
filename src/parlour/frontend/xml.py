"""XML from clients: parsed without DTD, entities or network, within caps; and the little that is needed to write it."""

from __future__ import annotations

from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from lxml import etree

from parlour.sip.errors import RemoteProtocolError

__all__ = ["MAX_DOCUMENT", "children", "escape", "local_name", "parse_document", "quoteattr", "serialize_child"]

MAX_DOCUMENT: Final = 128 * 1024
"""Largest document accepted from a client, in bytes. A full presence publication of a busy client is about 20 KiB."""

_MAX_DEPTH: Final = 32
_MAX_ELEMENTS: Final = 4000


def parse_document(body: bytes, *, limit: int = MAX_DOCUMENT) -> etree._Element:
    """The root of `body`. Raises RemoteProtocolError 413 when it is larger than `limit` bytes, 400 when it is not
    well-formed, carries a document type, or is deeper or richer in elements than any client needs."""
    if len(body) > limit:
        raise RemoteProtocolError(413, "Document Too Large")
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise RemoteProtocolError(400, "Document Type Not Allowed")
    try:
        root = etree.fromstring(body, _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise RemoteProtocolError(400, "Malformed XML") from error
    _check_shape(root)
    return root


def _parser() -> etree.XMLParser:
    # A parser keeps an error log between documents; a fresh one is cheap and keeps documents apart.
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _check_shape(root: etree._Element) -> None:
    info: Any = root.getroottree().docinfo
    if info.doctype:
        # Reached by encodings in which the byte test above sees nothing (UTF-16).
        raise RemoteProtocolError(400, "Document Type Not Allowed")
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > _MAX_DEPTH or count > _MAX_ELEMENTS:
            raise RemoteProtocolError(400, "Document Too Complex")


def local_name(element: etree._Element) -> str:
    """The element's name without its namespace: clients differ in namespaces, not in names."""
    return etree.QName(element).localname


def children(element: etree._Element, name: str) -> list[etree._Element]:
    """Child elements called `name` in any namespace."""
    return [child for child in element if local_name(child) == name]


def serialize_child(element: etree._Element) -> bytes:
    """One element as UTF-8 without declaration and tail. Namespace declarations in scope come along, used or not: a
    prefix may be used inside a value, where no parser sees it."""
    return etree.tostring(element, encoding="utf-8", with_tail=False, xml_declaration=False)
