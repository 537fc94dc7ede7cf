"""Presence publications: decoding what a client publishes, and writing categories back. Pure.

A category is an opaque piece of XML under (name, instance, container). The server looks at those three, at the
version (optimistic locking) and at how long it is to live; the content passes through untouched, so that a client may
keep whatever it likes (`roomSetting`, the rooms somebody follows, among it).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from parlour.frontend.xml import Element, parse_document
from parlour.sip.errors import RemoteProtocolError
from parlour.xml.escape import escape_attribute

__all__ = [
    "Category",
    "Lifetime",
    "Publication",
    "decode_category",
    "decode_publish",
    "encode_category",
    "outgrows",
    "render_categories",
    "render_fault",
    "sizes_after",
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

    def category(self, version: int, at: str, content: str = "") -> Category:
        """What it becomes; without content, what its publisher is told."""
        return Category(self.name, self.instance, self.container, version, self.lifetime, at, content)


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


def sizes_after(before: Mapping[str, int], changes: Iterable[tuple[Publication, int]]) -> dict[str, int]:
    """The sizes of what is kept, by label, when each of these publications is kept in so many octets, or removed."""
    after = dict(before)
    for publication, size in changes:
        if publication.removes:
            after.pop(publication.label, None)
        else:
            after[publication.label] = size
    return after


def outgrows(before: Mapping[str, int], after: Mapping[str, int], count: int, size: int) -> bool:
    """Whether a change makes more of it than may be. What is too much already may become less, or stay."""
    return len(after) > max(count, len(before)) or sum(after.values()) > max(size, sum(before.values()))


def decode_publish(body: bytes) -> tuple[str, list[Publication]]:
    """The URI that is published for ("" when not said) and its publications. Raises RemoteProtocolError 400 or 413."""
    groups = parse_document(body).find_all("publications")
    if len(groups) != 1:
        raise RemoteProtocolError(400, "Publications Expected")
    elements = groups[0].find_all("publication")
    if len(elements) > MAX_PUBLICATIONS:
        raise RemoteProtocolError(413, "Too Many Publications")
    return groups[0].get("uri") or "", [_publication(i, element) for i, element in enumerate(elements, 1)]


def _publication(index: int, element: Element) -> Publication:
    name = element.get("categoryName") or ""
    if not _NAME.fullmatch(name):
        raise RemoteProtocolError(400, "Bad Category Name")
    expires = element.get("expires")
    return Publication(
        index=index,
        name=name,
        instance=_number(element.get("instance")),
        container=_number(element.get("container")),
        version=_number(element.get("version")),
        lifetime=_lifetime(element.get("expireType")),
        expires=None if expires is None else _number(expires),
        content=_content(element),
    )


def _content(element: Element) -> str:
    """What is published, each element as it was written; what stands between them means nothing."""
    parts: list[bytes] = []
    left = MAX_CONTENT
    for child in element.children:
        parts.append(child.whole())
        left -= len(parts[-1])
        if left < 0:
            raise RemoteProtocolError(413, "Publication Too Large")
    return b"".join(parts).decode()


def _number(text: str | None) -> int:
    if text is None:
        return 0
    if not _NUMBER.fullmatch(text) or int(text) > 0xFFFFFFFF:
        raise RemoteProtocolError(400, "Bad Number In Publication")
    return int(text)


def _lifetime(text: str | None) -> Lifetime:
    try:
        return Lifetime.STATIC if text is None else Lifetime(text)
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
    return f'<categories xmlns="{_CATEGORIES}" uri="{escape_attribute(uri)}">{inner}</categories>'


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
