"""Whose command is next. A person's commands are carried out one at a time, whatever number of endpoints they come
from, and persons take turns: who asks much waits for himself, not everybody for him. Posts do not wait here.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

__all__ = ["Backlog", "Turns"]


class Turns:
    """While several persons wait, one command is begun in one turn of the loop, so that posts and what is heard go on
    in between. Nothing here is a task: what waits is a callback."""

    def __init__(self) -> None:
        self._waiting: dict[str, deque[Callable[[], None]]] = {}
        self._line: deque[str] = deque()  # who waits and is not being served, each once
        self._served: set[str] = set()
        self._awake = False

    @property
    def idle(self) -> bool:
        """Nobody waits and nobody is being served."""
        return not self._waiting and not self._served

    def ask(self, person: str, start: Callable[[], None]) -> None:
        """Call `start` when it is the person's turn, at once if nobody else waits. The turn lasts until `done`."""
        waiting = self._waiting.get(person)
        if waiting is None:
            if not self._awake and person not in self._served:
                self._begin(person, start)
                return
            waiting = self._waiting[person] = deque()
            if person not in self._served:
                self._line.append(person)
        waiting.append(start)

    def done(self, person: str) -> None:
        """The person's turn is over; the next one of the same person comes after everybody who waits. Nothing, if it is
        nobody's turn: whoever was cancelled in `pass_on` had given it back."""
        if person not in self._served:
            return
        self._served.discard(person)
        if person in self._waiting:
            self._line.append(person)
            self._wake()

    async def pass_on(self, person: str) -> None:
        """Give the turn back, and wait for the next: between two commands of one envelope."""
        again: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.ask(person, partial(self._go_on, person, again))
        self.done(person)
        await again

    def _go_on(self, person: str, again: asyncio.Future[None]) -> None:
        if again.done():  # cancelled: the service stops
            self.done(person)
        else:
            again.set_result(None)

    def _begin(self, person: str, start: Callable[[], None]) -> None:
        self._served.add(person)
        self._wake()  # whoever asks from now on waits for the next turn of the loop
        start()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._awake = False
        if not self._line:
            return
        person = self._line.popleft()
        waiting = self._waiting[person]
        start = waiting.popleft()
        if not waiting:
            del self._waiting[person]
        self._begin(person, start)


class Backlog:
    """What all sessions together have been asked and have not done: at most `most` envelopes of `most_bytes` in all."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self._most = most
        self._most_bytes = most_bytes
        self.count = 0
        self.size = 0

    @property
    def full(self) -> bool:
        return self.count >= self._most or self.size >= self._most_bytes

    def add(self, size: int) -> bool:
        """Whether there is room for an envelope of `size` bytes; it counts from now on then, until `remove`."""
        if self.full:
            return False
        self.count += 1
        self.size += size
        return True

    def remove(self, size: int) -> None:
        self.count -= 1
        self.size -= size
