"""Threads that read, each with a connection of its own that cannot write; a reader never waits for the writer."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from parlour.store.api import StoreUnavailable
from parlour.store.sqlite.crossing import Crossing

__all__ = ["Readers"]

_log = logging.getLogger(__name__)

T = TypeVar("T")

_Entry = tuple["asyncio.Future[Any]", Callable[[sqlite3.Connection], Any]] | None


class Readers:
    """A few threads on one queue. `read` and `stop` are called on the loop's thread, after `start`."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        *,
        threads: int,
        queue: int,
        failed: Callable[[sqlite3.Error], None] = lambda _error: None,
    ) -> None:
        """`failed` is told, on a thread, what SQLite said when something could not be read."""
        self._connect = connect
        self._failed = failed
        self._limit = queue
        self._queue: SimpleQueue[_Entry] = SimpleQueue()
        self._crossing = Crossing(asyncio.get_running_loop())
        self._accepting = True
        self._threads = [
            threading.Thread(target=self._work, name=f"parlour-store-reader-{number}", daemon=True)
            for number in range(1, threads + 1)
        ]

    def start(self) -> None:
        """Start the threads; each connects when it is first asked."""
        for thread in self._threads:
            thread.start()

    def read(self, run: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Queue a function that reads."""
        if not self._accepting:
            return self._crossing.refused(StoreUnavailable("the store is closed"))
        if self._queue.qsize() >= self._limit:
            return self._crossing.refused(StoreUnavailable(f"{self._limit} reads are waiting already"))
        future = self._crossing.future()
        self._queue.put((future, run))
        return future

    async def stop(self) -> None:
        """Answer everything that waits, refuse everything new, end the threads and close their connections."""
        self._accepting = False
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while (entry := self._queue.get()) is not None:
            future, run = entry
            try:
                connection = connection or self._connect()
                outcome = run(connection)
            except sqlite3.Error as error:
                _log.error("the store cannot read: %s", error)
                self._failed(error)
                outcome = StoreUnavailable(str(error))
                # The next read starts with a connection that knows nothing of this.
                _close(connection)
                connection = None
            except Exception as error:  # noqa: BLE001 (the edge of a thread)
                _log.exception("a reading function failed")
                outcome = error
            self._crossing.deliver([(future, outcome)])
        _close(connection)


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
