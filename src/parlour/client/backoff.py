"""How long to wait before trying again: doubling, partly by chance, never less than the server asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from parlour.client.errors import Busy, ServerBusy

__all__ = ["Backoff", "Patience"]

_MOST_DOUBLINGS = 16


class Backoff:
    """`rand` gives numbers from 0 to 1. Half of each wait is chance, so that those who lost the same server do not all
    come back at the same moment."""

    def __init__(self, first: float, longest: float, rand: Callable[[], float]) -> None:
        self._first = first
        self._longest = longest
        self._rand = rand
        self._tries = 0

    def next(self, at_least: float = 0.0) -> float:
        """Seconds to wait before the next try."""
        whole = min(self._longest, self._first * 2.0 ** min(self._tries, _MOST_DOUBLINGS))
        self._tries += 1
        return max(whole * (0.5 + self._rand() / 2), at_least)

    def reset(self) -> None:
        """It worked."""
        self._tries = 0


class Patience:
    """Waits of one command while the server is busy. `last` is its last refusal."""

    def __init__(self, backoff: Backoff) -> None:
        self._backoff = backoff
        self.last: Busy | ServerBusy | None = None

    async def wait(self, refusal: Busy | ServerBusy) -> None:
        """Until it is time to send the same again."""
        self.last = refusal
        await asyncio.sleep(self._backoff.next(refusal.retry_after if isinstance(refusal, Busy) else 0.0))
