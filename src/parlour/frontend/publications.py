"""Presence publications: decoding what a client publishes, and writing categories back. Pure.

A category is an opaque piece of XML under (name, instance, container). The server looks at those three, at the
version (optimistic locking) and at how long it is to live; the content passes through untouched, so that a client may
keep whatever it likes (`roomSetting`, the rooms somebody follows, among it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lxml import etree

from parlour.frontend.xml import children, parse_document, quoteattr, serialize_child
from parlour.sip.errors import RemoteProtocolError

__all__ = [
    "Category",
    "Lifetime",
    "Publication",
    "decode_category",
    "decode_publish",
    "encode_category",
    "render_categories",
    "render_fault",
]

MAX_PUBLICATIONS: Final = 128
MAX_CONTENT: Final = 32 * 1024

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NUMBER = re.compile(r"[0-9]{1,10}")
_CATEGORIES = "http://schemas.microsoft.com/2006/09/sip/categories"
_FAULT = "http://schemas.xmlsoap.org/soap/envelope/"


class Lifetime(Enum):
    """`expireType`: until removed, until a time, until the endpoint or the last endpoint of the person has gone."""

    STATIC = "static"
    TIME = "time"
    ENDPOINT = "endpoint"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Publication:
    """One `publication` of a request: `index` counts from 1; `expires` in seconds, 0 removes, None: not given."""

    index: int
    name: str
    instance: int
    container: int
    version: int
    lifetime: Lifetime
    expires: int | None
    content: str

    @property
    def label(self) -> str:
        return f"{self.name}:{self.instance}:{self.container}"

    @property
    def removes(self) -> bool:
        return self.expires == 0


@dataclass(frozen=True, slots=True)
class Category:
    """A category as kept and as told. `published_at` is ISO 8601 in UTC."""

    name: str
    instance: int
    container: int
    version: int
    lifetime: Lifetime
    published_at: str
    content: str = ""


def decode_publish(body: bytes) -> tuple[str, list[Publication]]:
    """The URI that is published for ("" when not said) and its publications. Raises RemoteProtocolError 400 or 413."""
    groups = children(parse_document(body), "publications")
    if len(groups) != 1:
        raise RemoteProtocolError(400, "Publications Expected")
    elements = children(groups[0], "publication")
    if len(elements) > MAX_PUBLICATIONS:
        raise RemoteProtocolError(413, "Too Many Publications")
    return groups[0].get("uri") or "", [_publication(i, element) for i, element in enumerate(elements, 1)]


def _publication(index: int, element: etree._Element) -> Publication:
    name = element.get("categoryName") or ""
    if not _NAME.fullmatch(name):
        raise RemoteProtocolError(400, "Bad Category Name")
    expires = element.get("expires")
    content = b"".join(serialize_child(child) for child in element)
    if len(content) > MAX_CONTENT:
        raise RemoteProtocolError(413, "Publication Too Large")
    return Publication(
        index=index,
        name=name,
        instance=_number(element.get("instance", "0")),
        container=_number(element.get("container", "0")),
        version=_number(element.get("version", "0")),
        lifetime=_lifetime(element.get("expireType", "static")),
        expires=None if expires is None else _number(expires),
        content=content.decode(),
    )


def _number(text: str) -> int:
    if not _NUMBER.fullmatch(text) or int(text) > 0xFFFFFFFF:
        raise RemoteProtocolError(400, "Bad Number In Publication")
    return int(text)


def _lifetime(text: str) -> Lifetime:
    try:
        return Lifetime(text)
    except ValueError as error:
        raise RemoteProtocolError(400, "Unknown Expire Type") from error


def encode_category(category: Category) -> bytes:
    """For the document store; the version is the store's own."""
    fields = {
        "name": category.name,
        "instance": category.instance,
        "container": category.container,
        "at": category.published_at,
        "content": category.content,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()


def decode_category(content: bytes, version: int) -> Category:
    fields = json.loads(content)
    return Category(
        name=fields["name"],
        instance=fields["instance"],
        container=fields["container"],
        version=version,
        lifetime=Lifetime.STATIC,
        published_at=fields["at"],
        content=fields["content"],
    )


def render_categories(uri: str, categories: Iterable[Category]) -> str:
    inner = "".join(_render_category(category) for category in categories)
    return f'<categories xmlns="{_CATEGORIES}" uri={quoteattr(uri)}>{inner}</categories>'


def _render_category(category: Category) -> str:
    start = (
        f'<category name="{category.name}" instance="{category.instance}" publishTime="{category.published_at}" '
        f'container="{category.container}" version="{category.version}" expireType="{category.lifetime.value}"'
    )
    return f"{start}>{category.content}</category>" if category.content else f"{start}/>"


def render_fault(wrong: Iterable[tuple[Publication, int]]) -> bytes:
    """The body of a 409: which publications named a version that is not the current one, and what is."""
    operations = "".join(
        f'<operation index="{publication.index}" version="{publication.version}" curVersion="{current}"/>'
        for publication, current in wrong
    )
    return (
        f'<Fault xmlns="{_FAULT}"><Faultcode>Client.BadCall.WrongDelta</Faultcode>'
        f"<details>{operations}</details></Fault>"
    ).encode()
