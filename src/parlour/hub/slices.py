"""Thousands of names, a few in one turn of the loop: everybody else is served on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import TypeVar

__all__ = ["SLICE", "breathe", "slices"]

SLICE = 256
"""Names that are looked at in one turn of the loop."""

T = TypeVar("T")


async def slices(items: Iterable[T], size: int = SLICE) -> AsyncIterator[list[T]]:
    """A few of them at a time; between two slices the loop is let go. `items` must not change meanwhile."""
    rest = iter(items)
    batch = list(islice(rest, size))
    while batch:
        yield batch
        batch = list(islice(rest, size))
        if batch:
            await asyncio.sleep(0)


async def breathe(done: int, size: int = SLICE) -> None:
    """For loops that count what they have done: the loop of everybody is let go after each so many."""
    if done % size == 0:
        await asyncio.sleep(0)
