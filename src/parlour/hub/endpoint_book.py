"""Further SIP addresses under which the channel service answers: a friendly one, or the one that clients still know.

Kept among the documents of the pool. Whoever runs a server subscribes, and hears of each that comes or goes.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from parlour.hub.changing import Changes
from parlour.hub.refusals import NOT_KEPT
from parlour.rooms.audit import AuditRecord
from parlour.rooms.names import check_name
from parlour.rooms.refusals import Refusal, Refused
from parlour.store.api import Documents, StoreUnavailable

__all__ = ["EndpointBook", "ExtraAddress"]

_OWNER, _KIND = "pool", "endpoint"
_USER = re.compile(r"[a-z0-9](?:[a-z0-9._+\-]{0,62}[a-z0-9])?")
_NAME_CHARS = 256


@dataclass(frozen=True, slots=True)
class ExtraAddress:
    """`uri` is `sip:user@domain` in lower case; `name` is for people."""

    uri: str
    name: str


class EndpointBook:
    """All extra addresses, in memory and in the store, changed one at a time. `reserved`: URIs at which something
    answers already. An address belongs to a person or to a service, never to both."""

    def __init__(self, documents: Documents, domain: str, reserved: frozenset[str] = frozenset()) -> None:
        self._documents = documents
        self._domain = domain
        self._reserved = reserved
        self._entries: dict[str, ExtraAddress] = {}
        self._changes = Changes()
        self._coming: str | None = None
        self._people_coming: Counter[str] = Counter()
        self._callbacks: list[Callable[[str, bool], None]] = []

    async def load(self) -> None:
        """Read what is kept; once, when the store is open. Raises StoreUnavailable."""
        for document in await self._documents.all(_OWNER, _KIND):
            name = str(json.loads(document.content)["name"])
            self._entries[document.label] = ExtraAddress(document.label, name)

    def all(self) -> tuple[ExtraAddress, ...]:
        """By URI."""
        return tuple(entry for _uri, entry in sorted(self._entries.items()))

    def subscribe(self, callback: Callable[[str, bool], None]) -> None:
        """Call back now with each address that is there, and from now on with each that comes (True) or goes."""
        self._callbacks.append(callback)
        for uri in sorted(self._entries):
            callback(uri, True)

    def read(self, text: str) -> str | Refused:
        """`help`, `help@example.com` or `sip:help@example.com` as the URI it means."""
        user, at, host = text.strip().lower().removeprefix("sip:").partition("@")
        if not _USER.fullmatch(user):
            return Refused(Refusal.INVALID, f"{text} is no address; write it as sip:help@{self._domain}")
        if at and host != self._domain:
            return Refused(Refusal.INVALID, f"{text} is not in {self._domain}, the domain of this server")
        return f"sip:{user}@{self._domain}"

    @contextmanager
    def giving_to_person(self, uri: str) -> Iterator[Refused | None]:
        """Somebody new gets this address meanwhile, so no service does; or why that cannot be."""
        if uri in self._reserved or uri in self._entries or uri == self._coming:
            yield Refused(Refusal.INVALID, f"the chat service answers at {uri}; see `parlour endpoint list`")
            return
        self._people_coming[uri] += 1
        try:
            yield None
        finally:
            self._people_coming[uri] -= 1
            if not self._people_coming[uri]:
                del self._people_coming[uri]

    async def add(
        self,
        uri: str,
        name: str,
        is_person: Callable[[str], bool],
        record: Callable[[ExtraAddress | None, ExtraAddress], AuditRecord] | None = None,
    ) -> ExtraAddress | Refused:
        """Answer at `uri` (from `read`) too; doing it again changes the name. `is_person`: whether somebody has an
        address. `record` makes the record of it. ALREADY_DEFINED if it is a person's, or a service's of Parlour."""
        return await self._changes.alone(None, lambda: self._add(uri, name, is_person, record))

    async def _add(
        self,
        uri: str,
        name: str,
        is_person: Callable[[str], bool],
        record: Callable[[ExtraAddress | None, ExtraAddress], AuditRecord] | None,
    ) -> ExtraAddress | Refused:
        if uri in self._reserved:
            return Refused(Refusal.ALREADY_DEFINED, f"a service of Parlour answers at {uri} already")
        if self._people_coming[uri] or is_person(uri):
            return Refused(Refusal.ALREADY_DEFINED, f"{uri} is the address of a person")
        shown = check_name(name, _NAME_CHARS)
        if isinstance(shown, Refused):
            return shown
        known, entry = self._entries.get(uri), ExtraAddress(uri, shown)
        content = json.dumps({"name": shown}, ensure_ascii=False).encode()
        self._coming = uri
        try:
            made = record(known, entry) if record is not None else None
            await self._documents.put(_OWNER, _KIND, uri, content, record=made)
        except StoreUnavailable:
            return NOT_KEPT
        finally:
            self._coming = None
        self._entries[uri] = entry
        if known is None:
            self._tell(uri, True)
        return entry

    async def remove(
        self, uri: str, record: Callable[[ExtraAddress, None], AuditRecord] | None = None
    ) -> ExtraAddress | Refused:
        """No longer answer at `uri`; sessions that are open stay."""
        return await self._changes.alone(None, lambda: self._remove(uri, record))

    async def _remove(
        self, uri: str, record: Callable[[ExtraAddress, None], AuditRecord] | None
    ) -> ExtraAddress | Refused:
        if uri not in self._entries:
            return Refused(Refusal.INVALID, f"the channel service has no further address {uri}")
        try:
            made = record(self._entries[uri], None) if record is not None else None
            await self._documents.delete(_OWNER, _KIND, uri, made)
        except StoreUnavailable:
            return NOT_KEPT
        gone = self._entries.pop(uri)
        self._tell(uri, False)
        return gone

    async def settle(self) -> None:
        """Wait for what is under way."""
        await self._changes.settle()

    def _tell(self, uri: str, present: bool) -> None:
        for callback in self._callbacks:
            callback(uri, present)
