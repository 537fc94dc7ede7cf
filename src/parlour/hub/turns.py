"""Taking turns: so many acts at a time, and people who wait are served in a circle, one act each.

Whoever comes waits for at most one act of each of the people who wait already, however many acts any of them has
waiting. What may wait is bounded, for each person and in all; what is beyond that is refused at once (BUSY).
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

from parlour.rooms.refusals import Refusal, Refused

__all__ = ["FairTurns"]

T = TypeVar("T")

_BUSY = Refused(Refusal.BUSY, "the server is busy; try again in a moment")


class FairTurns:
    """`at_once` acts run at a time. `per_person` and `in_all` bound what may wait beside them."""

    def __init__(self, at_once: int, *, per_person: int = 256, in_all: int = 8192) -> None:
        self._free = at_once
        self._per_person = per_person
        self._in_all = in_all
        self._circle: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._count = 0

    @property
    def waiting(self) -> int:
        """Acts that wait."""
        return self._count

    async def run(self, who: str, act: Callable[[], Awaitable[T]]) -> T | Refused:
        """Do `act` when it is the turn of `who`, and give what it gives; BUSY, and nothing done, if too much waits."""
        if self._free:
            self._free -= 1
        elif self._count >= self._in_all or len(self._circle.get(who, ())) >= self._per_person:
            return _BUSY
        else:
            await self._wait(who)
        try:
            return await act()
        finally:
            self._pass_on()

    async def _wait(self, who: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._circle.setdefault(who, deque()).append(turn)
        self._count += 1
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(who, turn)
            else:
                # The turn was given in the moment in which its owner went away.
                self._pass_on()
            raise

    def _forget(self, who: str, turn: asyncio.Future[None]) -> None:
        turns = self._circle.get(who, deque())
        if turn in turns:
            turns.remove(turn)
            self._count -= 1
            if not turns:
                del self._circle[who]

    def _pass_on(self) -> None:
        """An act is over: the next person in the circle has a turn, and goes to its end."""
        while self._circle:
            who, turns = self._circle.popitem(last=False)
            turn = turns.popleft()
            self._count -= 1
            if turns:
                self._circle[who] = turns
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
