"""A window over counting numbers: each is accepted once, and late ones only as long as the window reaches back."""

from __future__ import annotations

__all__ = ["ReplayWindow"]


class ReplayWindow:
    """The highest number seen, and which of the `size - 1` below it were seen too. Memory: one integer
    of `size` bits."""

    __slots__ = ("_highest", "_mask", "_seen")

    def __init__(self, size: int = 256) -> None:
        self._highest = 0
        self._seen = 0
        self._mask = (1 << size) - 1

    def accept(self, number: int) -> bool:
        """True the first time. Numbers count from 1."""
        ahead = number - self._highest
        if ahead > 0:
            # Shifting by a number that a peer chose could cost memory without end.
            self._seen = ((self._seen << ahead) | 1) & self._mask if ahead <= self._mask.bit_length() else 1
            self._highest = number
            return True
        bit = 1 << -ahead if -ahead < self._mask.bit_length() else 0
        if number < 1 or not bit or self._seen & bit:
            return False
        self._seen |= bit
        return True
