"""Taking turns: so many acts at a time, of each person one, and people who wait are served in a circle, one act each.

Whoever comes waits for at most one act of each of the people who wait already, however many acts any of them has
waiting; nobody has all places at once. What may wait is bounded, for each person and in all; what is beyond that is
refused at once (BUSY). An act does not ask for a turn of the same person itself: it would wait for its own end.
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
        self._acting: set[str] = set()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}
        # Who waits and has no act under way, in the order of coming round.
        self._circle: OrderedDict[str, None] = OrderedDict()
        self._count = 0

    @property
    def waiting(self) -> int:
        """Acts that wait."""
        return self._count

    async def run(self, who: str, act: Callable[[], Awaitable[T]]) -> T | Refused:
        """Do `act` when it is the turn of `who`, and give what it gives; BUSY, and nothing done, if too much waits."""
        if self._free and who not in self._acting:
            self._free -= 1
            self._acting.add(who)
        elif self._count >= self._in_all or len(self._waiting.get(who, ())) >= self._per_person:
            return _BUSY
        else:
            await self._wait(who)
        try:
            return await act()
        finally:
            self._end(who)

    async def _wait(self, who: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(who, deque()).append(turn)
        self._count += 1
        if who not in self._acting:
            self._circle[who] = None
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._forget(who, turn)
            else:
                # The turn was given in the moment in which its owner went away.
                self._end(who)
            raise

    def _forget(self, who: str, turn: asyncio.Future[None]) -> None:
        turns = self._waiting.get(who, deque())
        if turn in turns:
            turns.remove(turn)
            self._count -= 1
            if not turns:
                del self._waiting[who]
                self._circle.pop(who, None)

    def _end(self, who: str) -> None:
        """An act is over: whoever has more waiting goes to the end of the circle, and the next one in it has a turn."""
        self._acting.discard(who)
        self._free += 1
        if who in self._waiting:
            self._circle[who] = None
        while self._free and self._circle:
            self._give(self._circle.popitem(last=False)[0])

    def _give(self, who: str) -> None:
        """The oldest act that somebody has waiting may begin, if its owner has not gone away just now."""
        turns = self._waiting[who]
        turn = turns.popleft()
        self._count -= 1
        if not turns:
            del self._waiting[who]
        if not turn.done():
            self._free -= 1
            self._acting.add(who)
            turn.set_result(None)
        elif turns:
            self._circle[who] = None
