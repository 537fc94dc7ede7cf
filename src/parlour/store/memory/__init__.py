"""A store that forgets when the process ends: for tests of the floors above, and for trying things out."""

from __future__ import annotations

from parlour.store.memory.home import MemoryStore

__all__ = ["MemoryStore"]
