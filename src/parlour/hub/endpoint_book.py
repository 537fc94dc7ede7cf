"""Further SIP addresses under which the channel service answers: a friendly one, or the one that clients still know.

Kept among the documents of the pool. Whoever runs a server subscribes, and hears of each that comes or goes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass

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
    """All extra addresses, in memory and in the store. `reserved`: URIs at which something answers already."""

    def __init__(self, documents: Documents, domain: str, reserved: frozenset[str] = frozenset()) -> None:
        self._documents = documents
        self._domain = domain
        self._reserved = reserved
        self._entries: dict[str, ExtraAddress] = {}
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

    async def add(
        self, uri: str, name: str, record: Callable[[ExtraAddress | None, ExtraAddress], AuditRecord] | None = None
    ) -> ExtraAddress | Refused:
        """Answer at `uri` (from `read`) too; doing it again changes the name. `record` makes the record of it."""
        if uri in self._reserved:
            return Refused(Refusal.ALREADY_DEFINED, f"a service of Parlour answers at {uri} already")
        shown = check_name(name, _NAME_CHARS)
        if isinstance(shown, Refused):
            return shown
        known, entry = self._entries.get(uri), ExtraAddress(uri, shown)
        content = json.dumps({"name": shown}, ensure_ascii=False).encode()
        try:
            made = record(known, entry) if record is not None else None
            await self._documents.put(_OWNER, _KIND, uri, content, record=made)
        except StoreUnavailable:
            return NOT_KEPT
        self._entries[uri] = entry
        if known is None:
            self._tell(uri, True)
        return self._entries[uri]

    async def remove(
        self, uri: str, record: Callable[[ExtraAddress, None], AuditRecord] | None = None
    ) -> ExtraAddress | Refused:
        """No longer answer at `uri`; sessions that are open stay."""
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

    def __contains__(self, uri: str) -> bool:
        return uri in self._entries

    def _tell(self, uri: str, present: bool) -> None:
        for callback in self._callbacks:
            callback(uri, present)
