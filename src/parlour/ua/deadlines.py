"""When does which transaction want to be looked at? A heap that forgives being told twice."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Any

__all__ = ["Deadlines"]


class Deadlines:
    """Keys by the time they asked for. A key that no longer wants anything is simply not found by its owner."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Any]] = []
        self._serial = 0

    def add(self, at: float | None, key: Any) -> None:
        """`at` None: nothing is wanted."""
        if at is not None:
            self._serial += 1
            heapq.heappush(self._heap, (at, self._serial, key))

    def take_due(self, now: float) -> Iterator[Any]:
        """The keys whose time has come, earliest first."""
        while self._heap and self._heap[0][0] <= now:
            yield heapq.heappop(self._heap)[2]
