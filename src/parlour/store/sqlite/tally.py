"""How writing goes: durations of commits, failures, and how the last attempt ended. The writer thread writes it,
anybody reads it; numbers read together may be of two moments, which does for a graph and for a light."""

from __future__ import annotations

import logging
from bisect import bisect_left
from collections.abc import Callable
from typing import Final

from parlour.store.api import StoreUnavailable
from parlour.store.sqlite.damage import is_damage

__all__ = ["COMMIT_BOUNDS", "WriteTally"]

_log = logging.getLogger(__name__)

COMMIT_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
"""Upper bounds of the buckets of `commits`, in seconds; there is one more bucket for whatever took longer."""


class WriteTally:
    """`clock` is monotonic seconds. `settled_at` is when the last attempt to write ended, `failing` how."""

    __slots__ = ("clock", "commits", "damaged", "failing", "lost", "seconds", "settled_at")

    def __init__(self, clock: Callable[[], float]) -> None:
        self.clock = clock
        self.commits = [0] * (len(COMMIT_BOUNDS) + 1)
        """Commits of posts and records that went well, by how long they took."""
        self.seconds = 0.0
        """What all these took together."""
        self.lost = 0
        """Posts, records and other changes that the disk did not take."""
        self.failing = False
        self.damaged = False
        """SQLite met a damaged page: nothing is written any more until the store is opened anew."""
        self.settled_at = float("-inf")

    def committed(self, began: float) -> None:
        """A batch of posts and records is on the disk."""
        took = self.clock() - began
        self.commits[bisect_left(COMMIT_BOUNDS, took)] += 1
        self.seconds += took

    def notice(self, error: BaseException) -> None:
        """Look at what SQLite says, whoever was told."""
        if is_damage(error) and not self.damaged:
            self.damaged = True
            _log.critical(
                "THE DATABASE IS DAMAGED, and nothing is written into it any more: %s. Stop the server, keep a copy of"
                " its files, and restore a backup (docs/operations.md, Backup)",
                error,
            )

    def check(self) -> None:
        """Raises `StoreUnavailable` if nothing may be written."""
        if self.damaged:
            raise StoreUnavailable("the database is damaged")

    def settled(self, *, lost: int = 0) -> None:
        """An attempt to write is over: it lost so many acts, or none."""
        self.lost += lost
        self.failing = lost > 0
        self.settled_at = self.clock()
