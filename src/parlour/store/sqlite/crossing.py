"""Between the event loop and a worker thread: results come back with one wake-up for many, and the loop gives way.

Giving way: a loop with work at every turn lets go of the interpreter lock only while it polls, for a microsecond, and
takes it back before a waiting thread has woken up; each such moment also starts the thread's switch interval anew. A
commit was seen to wait 22 s behind a loop with turns of 2 ms. So when nothing has come back for a while, the loop
sleeps long enough for the thread to get its turn (docs/decisions/0002-durability-and-group-commit.md).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Final

__all__ = ["Crossing", "Outcome"]

# A future and what becomes of it: an exception fails it, anything else is its result.
Outcome = tuple["asyncio.Future[Any]", object]

# Seconds: without a result before the loop gives way, between two such moments at least, and how long one takes.
_PATIENCE: Final = 0.002
_PERIOD: Final = 0.001
_PAUSE: Final = 0.0001

# The longer it takes, the rarer: then it is a slow disk or a lock, and this part of the time is spent waiting.
_SHARE: Final = 20


class Crossing:
    """Futures on the loop's side, outcomes on the thread's."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._open = 0
        self._progress = 0.0
        self._watching = False

    def future(self) -> asyncio.Future[Any]:
        """A future that some thread will `deliver`. On the loop's thread."""
        self._open += 1
        if not self._watching:
            self._watching = True
            self._progress = self._loop.time()
            self._loop.call_later(_PATIENCE, self._watch)
        return self._loop.create_future()

    def refused(self, error: Exception) -> asyncio.Future[Any]:
        """A future that has failed already. On the loop's thread."""
        future: asyncio.Future[Any] = self._loop.create_future()
        future.set_exception(error)
        return future

    def deliver(self, outcomes: Sequence[Outcome]) -> None:
        """Settle futures on the loop's thread, in order. Nobody is left to tell when the loop is closed."""
        try:
            self._loop.call_soon_threadsafe(self._settle, outcomes)
        except RuntimeError:
            if not self._loop.is_closed():
                raise

    def _settle(self, outcomes: Sequence[Outcome]) -> None:
        self._open -= len(outcomes)
        self._progress = self._loop.time()
        for future, result in outcomes:
            if future.done():
                continue
            if isinstance(result, BaseException):
                future.set_exception(result)
            else:
                future.set_result(result)

    def _watch(self) -> None:
        if not self._open:
            self._watching = False
            return
        waited = self._loop.time() - self._progress
        if waited >= _PATIENCE:
            time.sleep(_PAUSE)
        self._loop.call_later(max(_PERIOD, waited / _SHARE), self._watch)
