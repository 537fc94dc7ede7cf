"""A person's own presence document: publications kept generically, and what `vnd-microsoft-roaming-self` tells.

Lasting categories live in the document store (kind `presence`, one document per name, instance and container; its
version is the category's). Those bound to an endpoint, to being signed in, or to a time are in `volatile`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from parlour.frontend.answer import Answer
from parlour.frontend.publications import (
    Lifetime,
    Publication,
    decode_category,
    decode_publish,
    encode_category,
    outgrows,
    render_categories,
    render_fault,
    sizes_after,
)
from parlour.frontend.volatile import VolatileCategories
from parlour.frontend.xml import parse_document
from parlour.store.api import DocumentChange, DocumentConflict, DocumentHead, Documents

__all__ = ["CONTENT_TYPE", "EVENT", "MEMBERS_TYPE", "PUBLISH_TYPE", "Presence", "changed_for_all"]

EVENT: Final = "vnd-microsoft-roaming-self"
CONTENT_TYPE: Final = "application/vnd-microsoft-roaming-self+xml"
PUBLISH_TYPE: Final = "application/msrtc-category-publish+xml"
MEMBERS_TYPE: Final = "application/msrtc-setcontainermembers+xml"
FAULT_TYPE: Final = "application/msrtc-fault+xml"
KIND: Final = "presence"

_ROAMING = "http://schemas.microsoft.com/2006/09/sip/roaming-self"
# COMPAT: SIPE asks for these two memberships to be set when the document does not show them.
_CONTAINERS = (
    '<containers xmlns="http://schemas.microsoft.com/2006/09/sip/containers">'
    '<container id="100" version="1"><member type="federated"/></container>'
    '<container id="200" version="1"><member type="sameEnterprise"/></container></containers>'
)
_SUBSCRIBERS = '<subscribers xmlns="http://schemas.microsoft.com/2006/09/sip/presence-subscribers"/>'
_SECTIONS = ("categories", "containers", "subscribers")

MAX_COUNT: Final = 1000
"""Lasting publications (followed rooms among them) one person may keep."""
MAX_BYTES: Final = 2 * 1024 * 1024
"""Octets they may take together, as they are kept; docs/protocol/sip.md, "SERVICE". A connection that does not read
holds 4 MiB (`ConnectionSettings`), and the document is told as one message."""


class Presence:
    """One per server. `wall` gives seconds since 1970; `max_count` and `max_bytes` bound the lasting categories of one
    person."""

    def __init__(
        self,
        documents: Documents,
        *,
        wall: Callable[[], float],
        max_count: int = MAX_COUNT,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._documents = documents
        self._wall = wall
        self._max_count = max_count
        self._max_bytes = max_bytes
        self._volatile = VolatileCategories(wall)
        # One turn per person would do; a fixed number of locks cannot pile up. Whole documents are read in turn, too:
        # so many are in memory at a time, however many are asked for.
        self._turns = tuple(asyncio.Lock() for _ in range(64))

    async def document(self, person: str, request_body: bytes = b"") -> bytes:
        """The roaming-self document. `request_body` may name the sections that are wanted."""
        wanted = requested_sections(request_body)
        parts = []
        if "categories" in wanted:
            parts.append(await self._categories(person))
        if "containers" in wanted:
            parts.append(_CONTAINERS)
        if "subscribers" in wanted:
            parts.append(_SUBSCRIBERS)
        return _roaming_data("".join(parts))

    async def categories(self, person: str) -> bytes:
        """What the person's other endpoints are told after a change: roaming data with all categories, as they are
        now."""
        return _roaming_data(await self._categories(person))

    async def publish(self, person: str, endpoint: str, body: bytes) -> Answer:
        """All publications of a request, or none of them: 200 with new versions, 409 with the current ones, 403.

        Raises RemoteProtocolError 400 or 413, StoreUnavailable."""
        owner, publications = decode_publish(body)
        if owner and owner.casefold() != person.casefold():
            return Answer(403, "Only Your Own Presence")
        async with self._turn(person):
            return await self._publish(person, endpoint, publications)

    def set_container_members(self, body: bytes) -> Answer:
        """Memberships are fixed here; the request is understood and agreed to. Raises RemoteProtocolError 400, 413."""
        parse_document(body)
        return Answer(200)

    def endpoint_gone(self, person: str, endpoint: str, *, last: bool) -> None:
        """An endpoint has signed off (the person's `last` one, perhaps): forget what was bound to it."""
        self._volatile.endpoint_gone(person, endpoint, last=last)

    def _turn(self, person: str) -> asyncio.Lock:
        return self._turns[hash(person) % len(self._turns)]

    async def _categories(self, person: str) -> str:
        async with self._turn(person):
            stored = await self._documents.all(person, KIND)
            lasting = (decode_category(document.content, document.version) for document in stored)
            return render_categories(person, chain(lasting, self._volatile.of(person)))

    async def _publish(self, person: str, endpoint: str, publications: Sequence[Publication]) -> Answer:
        at = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        static = [p for p in publications if p.lifetime is Lifetime.STATIC]
        passing = [p for p in publications if p.lifetime is not Lifetime.STATIC]
        stored = {head.label: head for head in await self._documents.heads(person, KIND)} if static else {}
        known = [p for p in static if p.label in stored or not p.removes]
        current = [(p, stored[p.label].version if p.label in stored else 0) for p in known]
        wrong = [(p, version) for p, version in current if p.version != version]
        if wrong:
            return _conflict(wrong)
        changes = [_change(p, at) for p in static]
        if not (self._has_room(stored, static, changes) and self._volatile.has_room(person, passing)):
            return Answer(403, "Too Many Publications")
        try:
            kept = await self._documents.change(person, KIND, changes) if changes else ()
        except DocumentConflict as conflict:
            return _conflict([(p, conflict.current) for p in static if p.label == conflict.label][-1:])
        versions = {p.index: version for p, version in zip(static, kept, strict=True)}
        versions |= {p.index: self._volatile.keep(person, endpoint, p, at) for p in passing}
        results = [p.category(versions[p.index], at) for p in publications]
        return Answer(200, body=_roaming_data(render_categories(person, results)), content_type=CONTENT_TYPE)

    def _has_room(
        self, stored: Mapping[str, DocumentHead], static: Sequence[Publication], changes: Sequence[DocumentChange]
    ) -> bool:
        before = {label: head.size for label, head in stored.items()}
        sizes = (len(change.content or b"") for change in changes)
        return not outgrows(
            before, sizes_after(before, zip(static, sizes, strict=True)), self._max_count, self._max_bytes
        )


def _change(publication: Publication, at: str) -> DocumentChange:
    content = None if publication.removes else encode_category(publication.category(0, at, publication.content))
    return DocumentChange(publication.label, content, publication.version)


def changed_for_all(answer: Answer) -> bool:
    """Whether a publication so answered concerns the person's other endpoints: something that lasts has changed. What
    tells of one endpoint alone comes and goes with it, often, and without them."""
    return answer.status == 200 and f'expireType="{Lifetime.STATIC.value}"'.encode() in answer.body


def requested_sections(body: bytes) -> frozenset[str]:
    """Which sections of roaming data a SUBSCRIBE asks for; no body asks for all. Raises RemoteProtocolError."""
    if not body.strip():
        return frozenset(_SECTIONS)
    return frozenset(kind for item in parse_document(body).find_all("roaming") if (kind := item.get("type")))


def _roaming_data(inner: str) -> bytes:
    return f'<roamingData xmlns="{_ROAMING}">{inner}</roamingData>'.encode()


def _conflict(wrong: Sequence[tuple[Publication, int]]) -> Answer:
    return Answer(409, "Conflict", body=render_fault(wrong), content_type=FAULT_TYPE)
