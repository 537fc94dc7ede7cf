"""By which a test takes the disk away."""

from __future__ import annotations

from parlour.store.api import StoreUnavailable

__all__ = ["Switch"]


class Switch:
    """`off`: nothing can be written."""

    def __init__(self) -> None:
        self.off = False

    def check(self) -> None:
        """Raise `StoreUnavailable` when a test asked for it."""
        if self.off:
            raise StoreUnavailable("switched off by a test")
