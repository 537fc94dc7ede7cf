"""The one thread that writes: its queue, and which of what waits goes into one transaction.

Whatever waits when the thread comes round goes into one transaction (up to `Settings.batch`), so that the more there
is to do, the less each post costs, and nothing waits for a timer. Everything else that writes (rooms, documents) goes
through the same thread as a `Job`, each in a transaction of its own, in the order of asking.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from parlour.store.api import StoreUnavailable
from parlour.store.sqlite.crossing import Crossing, Outcome
from parlour.store.sqlite.ledger import Item
from parlour.store.sqlite.scribe import Job, Scribe

__all__ = ["Writer"]

T = TypeVar("T")


class _Stop:
    """Ends the thread, once everything before it in the queue is done."""


_Entry = tuple["asyncio.Future[Any]", "Item | Job[Any] | _Stop"]


class Writer:
    """The thread and its queue; every method is called on the loop's thread, `start` first."""

    def __init__(self, scribe: Scribe, *, queue: int, batch: int) -> None:
        self._scribe = scribe
        self._limit = queue
        self._batch = batch
        self._queue: SimpleQueue[_Entry] = SimpleQueue()
        self._crossing = Crossing(asyncio.get_running_loop())
        self._accepting = True
        self._thread = threading.Thread(target=self._work, name="parlour-store-writer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, item: Item) -> asyncio.Future[Any]:
        """Queue a post (`Appended` comes back) or an event (None)."""
        return self._put(item)

    def run(self, run: Callable[[sqlite3.Connection], T], *, rooms: bool = False) -> asyncio.Future[T]:
        """Queue a job; see `Job`."""
        return self._put(Job(run, rooms))

    async def stop(self) -> None:
        """Do everything that waits, refuse everything new, end the thread and close the connection."""
        if self._accepting:
            self._accepting = False
            done = self._crossing.future()
            self._queue.put((done, _Stop()))
            await done
            self._thread.join()

    def _put(self, what: Item | Job[Any]) -> asyncio.Future[Any]:
        if not self._accepting:
            return self._crossing.refused(StoreUnavailable("the store is closed"))
        if self._queue.qsize() >= self._limit:
            return self._crossing.refused(StoreUnavailable(f"{self._limit} writes are waiting already"))
        future = self._crossing.future()
        self._queue.put((future, what))
        return future

    def _work(self) -> None:
        following: _Entry | None = None
        while True:
            future, what = following or self._queue.get()
            following = None
            if isinstance(what, _Stop):
                self._scribe.close()
                self._crossing.deliver([(future, None)])
                return
            if isinstance(what, Job):
                self._crossing.deliver([(future, self._scribe.do(what))])
            else:
                following = self._keep(future, what)

    def _keep(self, future: asyncio.Future[Any], item: Item) -> _Entry | None:
        """Keep this item and all that wait behind it up to the next job, which is returned."""
        futures, items = [future], [item]
        other: _Entry | None = None
        try:
            while len(items) < self._batch and other is None:
                entry = self._queue.get_nowait()
                if isinstance(entry[1], Job | _Stop):
                    other = entry
                else:
                    futures.append(entry[0])
                    items.append(entry[1])
        except Empty:
            pass
        outcomes: list[Outcome] = list(zip(futures, self._scribe.keep(items), strict=True))
        self._crossing.deliver(outcomes)
        return other
