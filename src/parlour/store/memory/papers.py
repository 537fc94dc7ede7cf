"""What is kept for one person, in memory: documents, invitations, tokens of files."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import Micros, RoomId
from parlour.store.api import (
    DocumentChange,
    DocumentConflict,
    DocumentHead,
    FileToken,
    Invitation,
    StoreConflict,
    StoredDocument,
)
from parlour.store.checks import FIRST_INVITATION
from parlour.store.memory.switch import Switch

__all__ = ["MemoryDocuments", "MemoryInvitations", "MemoryTokens"]


class MemoryDocuments:
    """Documents by (owner, kind), then label. `audit` keeps the record of a change."""

    def __init__(self, switch: Switch, audit: Callable[[AuditRecord | None], None]) -> None:
        self._switch = switch
        self._audit = audit
        self._shelves: dict[tuple[str, str], dict[str, StoredDocument]] = {}

    async def get(self, owner: str, kind: str, label: str) -> StoredDocument | None:
        """See `Documents.get`."""
        return self._shelves.get((owner, kind), {}).get(label)

    async def all(self, owner: str, kind: str) -> Sequence[StoredDocument]:
        """See `Documents.all`."""
        shelf = self._shelves.get((owner, kind), {})
        return [shelf[label] for label in sorted(shelf)]

    async def heads(self, owner: str, kind: str) -> Sequence[DocumentHead]:
        """See `Documents.heads`."""
        shelf = self._shelves.get((owner, kind), {})
        return [DocumentHead(label, shelf[label].version, len(shelf[label].content)) for label in sorted(shelf)]

    async def change(self, owner: str, kind: str, changes: Sequence[DocumentChange]) -> Sequence[int]:
        """See `Documents.change`."""
        self._switch.check()
        shelf = dict(self._shelves.get((owner, kind), {}))
        versions = [_change(shelf, change) for change in changes]
        self._shelves[owner, kind] = shelf
        return versions

    async def put(
        self,
        owner: str,
        kind: str,
        label: str,
        content: bytes,
        expected: int | None = None,
        record: AuditRecord | None = None,
    ) -> int:
        """See `Documents.put`."""
        self._switch.check()
        shelf = self._shelves.setdefault((owner, kind), {})
        version = _change(shelf, DocumentChange(label, content, expected))
        self._audit(record)
        return version

    async def delete(self, owner: str, kind: str, label: str, record: AuditRecord | None = None) -> None:
        """See `Documents.delete`."""
        self._switch.check()
        self._shelves.get((owner, kind), {}).pop(label, None)
        self._audit(record)

    def forget(self, owner: str) -> None:
        """All of one owner."""
        self._shelves = {place: shelf for place, shelf in self._shelves.items() if place[0] != owner}


def _change(shelf: dict[str, StoredDocument], change: DocumentChange) -> int:
    label = change.label
    if change.content is None and label not in shelf:
        return 0
    current = shelf[label].version if label in shelf else 0
    if change.expected is not None and change.expected != current:
        raise DocumentConflict(label, current)
    if change.content is None:
        del shelf[label]
        return 0
    shelf[label] = StoredDocument(label, current + 1, bytes(change.content))
    return current + 1


class MemoryInvitations:
    """Invitations by person."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._issued: dict[str, list[Invitation]] = {}

    async def of(self, person: str) -> Sequence[Invitation]:
        """See `InvitationLog.of`."""
        return list(self._issued.get(person, []))

    async def issue(self, person: str, rooms: Sequence[RoomId], at: Micros) -> Sequence[Invitation]:
        """See `InvitationLog.issue`."""
        self._switch.check()
        issued = self._issued.get(person, [])
        known = {invitation.room for invitation in issued}
        due = [room for room in dict.fromkeys(rooms) if room not in known]
        new = [Invitation(len(issued) + FIRST_INVITATION + place, room, at) for place, room in enumerate(due)]
        self._issued[person] = issued + new
        return new

    def forget(self, person: str) -> None:
        """All of one person."""
        self._issued.pop(person, None)


class MemoryTokens:
    """File tokens by their text."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._tokens: dict[str, FileToken] = {}

    async def add(self, token: FileToken, now: Micros) -> None:
        """See `FileTokens.add`."""
        self._switch.check()
        self._tokens = {text: kept for text, kept in self._tokens.items() if kept.expires >= now}
        if token.token in self._tokens:
            raise StoreConflict("this token was issued before")
        self._tokens[token.token] = token

    async def get(self, token: str) -> FileToken | None:
        """See `FileTokens.get`."""
        return self._tokens.get(token)

    async def good(self, person: str, now: Micros) -> int:
        """See `FileTokens.good`."""
        return sum(kept.person == person and kept.expires > now for kept in self._tokens.values())

    def forget(self, person: str) -> None:
        """All of one person."""
        self._tokens = {text: kept for text, kept in self._tokens.items() if kept.person != person}
