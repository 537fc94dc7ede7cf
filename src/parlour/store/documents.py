"""Small versioned documents that are kept for people: the part of the store's API (`store.api`) that is about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlour.rooms.audit import AuditRecord

__all__ = ["DocumentChange", "DocumentConflict", "DocumentHead", "Documents", "StoredDocument"]


class DocumentConflict(Exception):
    """A change named a version that is not the stored one. `current` is the stored version (0 if none) of the document
    `label`."""

    def __init__(self, label: str, current: int) -> None:
        super().__init__(f"stored version of {label} is {current}")
        self.label = label
        self.current = current


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A small document kept for somebody: preferences, presence categories, contact lists."""

    label: str
    version: int
    content: bytes


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What is known of a document without reading it. `size`: octets of its content."""

    label: str
    version: int
    size: int


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """One of several changes. `content` None: the document goes, if there is one. `expected`: see `Documents.put`."""

    label: str
    content: bytes | None
    expected: int | None = None


class Documents(Protocol):
    """Versioned documents by (owner URI, kind, label). Versions count from 1."""

    async def get(self, owner: str, kind: str, label: str) -> StoredDocument | None: ...

    async def all(self, owner: str, kind: str) -> Sequence[StoredDocument]:
        """Whatever there is, by label."""
        ...

    async def heads(self, owner: str, kind: str) -> Sequence[DocumentHead]:
        """As `all`, without reading the contents."""
        ...

    async def change(self, owner: str, kind: str, changes: Sequence[DocumentChange]) -> Sequence[int]:
        """All these changes in one transaction, in order, or none of them: the new versions, 0 for what is gone. Raises
        DocumentConflict for the first whose `expected` is not the current version."""
        ...

    async def put(
        self,
        owner: str,
        kind: str,
        label: str,
        content: bytes,
        expected: int | None = None,
        record: AuditRecord | None = None,
    ) -> int:
        """Store and return the new version; with `expected`, fail with `DocumentConflict` unless that is the current
        one (0: there must be none). `record` is kept with it, or neither is."""
        ...

    async def delete(self, owner: str, kind: str, label: str, record: AuditRecord | None = None) -> None: ...
