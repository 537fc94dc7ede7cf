"""Who writes the file of accounts: one change after the other, each on a thread of its own, and none left half done.

A flush takes as long as the disk likes, and a change of a large group writes thousands of rows. Neither may hold the
loop, on which everybody else is served.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from parlour.directory.api import AccountsUnwritten

__all__ = ["SLICE", "WritingHand", "slices"]

T = TypeVar("T")

SLICE = 128
"""People who are looked at in one turn of the loop."""


class WritingHand:
    """Close it when done."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="parlour-accounts")
        self._turn = asyncio.Lock()
        self._changes: set[asyncio.Task[Any]] = set()

    def close(self) -> None:
        """Once what is being written is written."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    async def alone(self, change: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Make a change (check, write, take over into memory) while no other is made, and to its end even if whoever
        asked for it is gone meanwhile: memory and file stay the same."""
        task = asyncio.create_task(self._in_turn(change))
        self._changes.add(task)
        task.add_done_callback(self._changes.discard)
        return await asyncio.shield(task)

    async def _in_turn(self, change: Callable[[], Coroutine[Any, Any, T]]) -> T:
        async with self._turn:
            return await change()

    async def write(self, act: Callable[[], None]) -> None:
        """Do `act` on the thread; only within `alone`. Raises `AccountsUnwritten` when the disk says no."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._pool, act)
        except sqlite3.Error as error:
            raise AccountsUnwritten(str(error)) from error


def slices(items: Iterable[T], size: int = SLICE) -> Iterator[list[T]]:
    """A few at a time."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch
