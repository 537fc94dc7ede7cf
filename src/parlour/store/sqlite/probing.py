"""Can the store write? Known from what was written last; when nothing was for a while, one small write finds out."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Final

from parlour.store.sqlite.tally import WriteTally
from parlour.store.sqlite.writer import Writer

__all__ = ["WriteProbe"]

_FRESH: Final = 2.0


class WriteProbe:
    """However many ask, one probe is under way at a time, and none sooner than two seconds after the last write."""

    def __init__(self, writer: Writer, tally: WriteTally) -> None:
        self._writer = writer
        self._tally = tally
        self._under_way: asyncio.Future[None] | None = None

    async def can_write(self, patience: float) -> bool:
        """False also when the answer does not come within `patience` seconds: the thread waits for a lock or a disk."""
        if self._tally.damaged:
            return False
        if self._tally.clock() - self._tally.settled_at < _FRESH:
            return not self._tally.failing
        if self._under_way is None or self._under_way.done():
            self._under_way = self._writer.run(_touch)
            self._under_way.add_done_callback(_look_at)
        probe = self._under_way
        await asyncio.wait([probe], timeout=patience)
        return probe.done() and not probe.cancelled() and probe.exception() is None


def _touch(connection: sqlite3.Connection) -> None:
    # SQLite does not write a page whose content stays the same, and would not notice a full disk.
    connection.execute("INSERT OR REPLACE INTO instance VALUES ('probe', hex(randomblob(16)))")


def _look_at(probe: asyncio.Future[None]) -> None:
    """Nobody may have waited long enough."""
    if not probe.cancelled():
        probe.exception()
