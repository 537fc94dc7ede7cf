"""The whole store in dictionaries. It passes the same exam as the durable homes.

Two handles exist for tests: `unavailable` makes every write fail as a full disk would, and `hold`/`release` of its
posts keep them waiting, to look at what happens between asking and keeping.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from parlour.rooms.audit import AuditRecord
from parlour.rooms.model import Category, Room
from parlour.store.memory.audit import MemoryAudit
from parlour.store.memory.papers import MemoryDocuments, MemoryInvitations, MemoryTokens
from parlour.store.memory.posts import MemoryPosts
from parlour.store.memory.rooms import MemoryRooms
from parlour.store.memory.switch import Switch

__all__ = ["MemoryStore"]


class MemoryStore:
    """A `Store` in dictionaries. Closing and opening it again keeps what it holds."""

    def __init__(self) -> None:
        self.instance_id = str(uuid.uuid4())
        self._switch = Switch()
        self.audit = MemoryAudit(self._switch)
        self.posts = MemoryPosts(self._switch, lambda room: room in self.rooms.rooms, self.audit.keep)
        self.rooms = MemoryRooms(self._switch, self.posts.forget, self.audit.keep)
        self.documents = MemoryDocuments(self._switch, self.audit.keep)
        self.invitations = MemoryInvitations(self._switch)
        self.tokens = MemoryTokens(self._switch)

    @property
    def unavailable(self) -> bool:
        """Whether every write fails."""
        return self._switch.off

    @unavailable.setter
    def unavailable(self, off: bool) -> None:
        self._switch.off = off

    async def open(self) -> None:
        """Nothing to do."""

    async def forget(
        self,
        principal: str,
        categories: Sequence[Category],
        rooms: Sequence[Room],
        record: AuditRecord | None = None,
    ) -> None:
        """See `Store.forget`."""
        self._switch.check()
        await self.rooms.save_all(categories, rooms, record)
        for papers in (self.documents, self.invitations, self.tokens):
            papers.forget(principal)

    async def close(self) -> None:
        """Keep what waits."""
        self.posts.release()
