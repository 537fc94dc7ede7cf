"""A person's own presence document: publications kept generically, and what `vnd-microsoft-roaming-self` tells.

Lasting categories live in the document store (kind `presence`, one document per name, instance and container; its
version is the category's). Categories bound to an endpoint, to being signed in, or to a time live in memory.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from parlour.frontend.answer import Answer
from parlour.frontend.publications import (
    Category,
    Lifetime,
    Publication,
    decode_category,
    decode_publish,
    encode_category,
    render_categories,
    render_fault,
)
from parlour.frontend.xml import parse_document
from parlour.store.api import DocumentConflict, Documents

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
_MAX_VOLATILE = 256


@dataclass(frozen=True, slots=True)
class _Volatile:
    category: Category
    endpoint: str
    expires_at: float | None


class Presence:
    """One per server. `wall` gives seconds since 1970; `max_static` bounds the lasting categories of one person."""

    def __init__(self, documents: Documents, *, wall: Callable[[], float], max_static: int = 1000) -> None:
        self._documents = documents
        self._wall = wall
        self._max_static = max_static
        self._volatile: dict[str, dict[str, _Volatile]] = {}
        # One turn per person would do; a fixed number of locks cannot pile up.
        self._turns = tuple(asyncio.Lock() for _ in range(64))

    async def document(self, person: str, request_body: bytes = b"") -> bytes:
        """The roaming-self document. `request_body` may name the sections that are wanted."""
        wanted = requested_sections(request_body)
        parts = []
        if "categories" in wanted:
            parts.append(render_categories(person, await self._categories(person)))
        if "containers" in wanted:
            parts.append(_CONTAINERS)
        if "subscribers" in wanted:
            parts.append(_SUBSCRIBERS)
        return _roaming_data("".join(parts))

    async def categories(self, person: str) -> bytes:
        """What the person's other endpoints are told after a change: roaming data with all categories, as they are
        now."""
        return _roaming_data(render_categories(person, await self._categories(person)))

    async def publish(self, person: str, endpoint: str, body: bytes) -> Answer:
        """All publications of a request, or none of them: 200 with new versions, 409 with the current ones.

        Raises RemoteProtocolError 400 or 413, StoreUnavailable."""
        owner, publications = decode_publish(body)
        if owner and owner.casefold() != person.casefold():
            return Answer(403, "Only Your Own Presence")
        async with self._turns[hash(person) % len(self._turns)]:
            return await self._publish(person, endpoint, publications)

    def set_container_members(self, body: bytes) -> Answer:
        """Memberships are fixed here; the request is understood and agreed to. Raises RemoteProtocolError 400, 413."""
        parse_document(body)
        return Answer(200)

    def endpoint_gone(self, person: str, endpoint: str, *, last: bool) -> None:
        """An endpoint has signed off (the person's `last` one, perhaps): forget what was bound to it."""
        kept = {
            label: item
            for label, item in self._volatile.get(person, {}).items()
            if not _dies(item, endpoint, last=last)
        }
        if kept:
            self._volatile[person] = kept
        else:
            self._volatile.pop(person, None)

    async def _categories(self, person: str) -> Sequence[Category]:
        stored = [decode_category(doc.content, doc.version) for doc in await self._documents.all(person, KIND)]
        now = self._wall()
        items = self._volatile.get(person, {}).values()
        return stored + [i.category for i in items if i.expires_at is None or now < i.expires_at]

    async def _publish(self, person: str, endpoint: str, publications: Sequence[Publication]) -> Answer:
        static = [p for p in publications if p.lifetime is Lifetime.STATIC]
        stored = {doc.label: doc.version for doc in await self._documents.all(person, KIND)} if static else {}
        known = [(p, stored.get(p.label, 0)) for p in static if p.label in stored or not p.removes]
        wrong = [(p, version) for p, version in known if p.version != version]
        if wrong:
            return _conflict(wrong)
        if len(stored) + len(static) > self._max_static or not self._room_for(person, publications):
            return Answer(403, "Too Many Publications")
        results = []
        for publication in publications:
            try:
                results.append(await self._keep(person, endpoint, publication))
            except DocumentConflict as conflict:
                return _conflict([(publication, conflict.current)])
        return Answer(200, body=_roaming_data(render_categories(person, results)), content_type=CONTENT_TYPE)

    def _room_for(self, person: str, publications: Sequence[Publication]) -> bool:
        labels = {p.label for p in publications if p.lifetime is not Lifetime.STATIC and not p.removes}
        return len(labels | self._volatile.get(person, {}).keys()) <= _MAX_VOLATILE

    async def _keep(self, person: str, endpoint: str, publication: Publication) -> Category:
        """What the answer says about one publication: no content, and version 0 for what is no longer there."""
        if publication.lifetime is Lifetime.STATIC:
            return await self._keep_static(person, publication)
        mine = self._volatile.setdefault(person, {})
        if publication.removes:
            mine.pop(publication.label, None)
            return self._category(publication, 0)
        # The last writer wins: a version that survived a lost connection must not cost the client a round trip.
        old = mine.get(publication.label)
        version = old.category.version + 1 if old else publication.version + 1
        timed = publication.lifetime is Lifetime.TIME and publication.expires is not None
        expires_at = self._wall() + (publication.expires or 0) if timed else None
        mine[publication.label] = _Volatile(
            self._category(publication, version, publication.content), endpoint, expires_at
        )
        return self._category(publication, version)

    async def _keep_static(self, person: str, publication: Publication) -> Category:
        if publication.removes:
            await self._documents.delete(person, KIND, publication.label)
            return self._category(publication, 0)
        content = encode_category(self._category(publication, 0, publication.content))
        version = await self._documents.put(person, KIND, publication.label, content, expected=publication.version)
        return self._category(publication, version)

    def _category(self, publication: Publication, version: int, content: str = "") -> Category:
        at = datetime.fromtimestamp(self._wall(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Category(
            publication.name,
            publication.instance,
            publication.container,
            version,
            publication.lifetime,
            at,
            content,
        )


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


def _dies(item: _Volatile, endpoint: str, *, last: bool) -> bool:
    if item.category.lifetime is Lifetime.ENDPOINT:
        return last or item.endpoint == endpoint
    return last and item.category.lifetime is Lifetime.USER
