"""Telling a room: every listener hears every event once, in order, and no loop turn is held for long.

An event goes to the ears that are in the room when it is said and still there when their turn comes. Few ears are told
at once; many are told in slices, one `call_soon` each. What is said meanwhile, or in the same turn, waits and is then
told together, so that a listener gets all that is due in one call. Nothing is created per delivery: no task, future,
timer or log line.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence

from parlour.hub.events import RoomEvent

__all__ = ["Audience", "Ear", "Teller"]

log = logging.getLogger(__name__)


class Ear:
    """One listener in one room. `since` is the serial number of the last event said before it came."""

    __slots__ = ("hear", "present", "since")

    def __init__(self, hear: Callable[[Sequence[RoomEvent]], None], since: int = 0) -> None:
        self.hear = hear
        self.present = True
        self.since = since


class Audience:
    """The ears of a room, and what they have still to hear. Only `Teller` reads the private half."""

    __slots__ = ("_batch", "_busy", "_first", "_pending", "_position", "_queued", "_snapshot", "ears", "said")

    def __init__(self) -> None:
        self.ears: dict[Ear, None] = {}
        self.said = 0
        self._pending: list[RoomEvent] = []
        self._busy = False
        self._queued = False
        self._snapshot: list[Ear] = []
        self._position = 0
        self._batch: tuple[RoomEvent, ...] = ()
        self._first = 0

    def add(self, ear: Ear) -> None:
        """The ear hears what is said from now on."""
        ear.since = self.said
        ear.present = True
        self.ears[ear] = None

    def discard(self, ear: Ear) -> None:
        """The ear hears nothing more, not even what was said and not yet told."""
        ear.present = False
        self.ears.pop(ear, None)

    @property
    def backlog(self) -> int:
        """Events said and not yet told to everybody. Bounded: authors and newcomers are sent away when it is high
        (`Limits.room_backlog`), and whatever else is said here waits for the store first, one change at a time."""
        return len(self._pending) + len(self._batch)

    def _take_batch(self) -> None:
        self._first = self.said - len(self._pending) + 1
        self._batch = tuple(self._pending)
        self._pending.clear()
        self._snapshot = list(self.ears) if self._batch else []
        self._position = 0

    def _next_slice(self, size: int) -> list[Ear]:
        start = self._position
        self._position = start + size
        return self._snapshot[start : start + size]

    def _finish_batch(self) -> bool:
        """True when nothing more waits."""
        if self._position < len(self._snapshot):
            return False
        self._snapshot, self._batch = [], ()
        return not self._pending


class Teller:
    """Tells audiences; at most about `slice_size` calls of `hear` in one loop turn, rooms taking turns."""

    def __init__(self, slice_size: int = 128) -> None:
        self._slice_size = slice_size
        # Each audience stands here once at most.
        self._queue: deque[Audience] = deque()
        self._spent = 0
        self._awake = False
        self.events = 0
        """Events said to audiences that had somebody in them."""
        self.deliveries = 0
        """Listeners called; counted per slice."""

    @property
    def idle(self) -> bool:
        """Nothing waits to be told, or would if it were said now."""
        return not self._queue

    def tell(self, audience: Audience, event: RoomEvent) -> None:
        """Say `event` to everybody in the audience: at once if they are few and it is the first in this turn of the
        loop, else soon."""
        audience.said += 1
        count = len(audience.ears)
        if not count:
            # Whoever the waiting events were for is gone; a batch under way has its own list of ears.
            audience._pending.clear()
            return
        self.events += 1
        if audience._queued or audience._busy or self._spent + count > self._slice_size:
            audience._pending.append(event)
            self._enqueue(audience)
        else:
            self._tell_at_once(audience, event)

    def _tell_at_once(self, audience: Audience, event: RoomEvent) -> None:
        self._spent += len(audience.ears)
        self.deliveries += len(audience.ears)
        audience._busy = True
        # `said` cannot be lower than any `since`, so that everybody hears the whole batch.
        _tell_each(list(audience.ears), (event,), audience.said)
        audience._busy = False
        # What else is said in this turn of the loop waits for the next one, and is then told together: the posts of
        # one commit cost each listener one write.
        self._enqueue(audience)

    def _enqueue(self, audience: Audience) -> None:
        if audience._queued or audience._busy:
            return
        audience._queued = True
        self._queue.append(audience)
        self._wake()

    def _wake(self) -> None:
        if not self._awake:
            self._awake = True
            asyncio.get_running_loop().call_soon(self._turn)

    def _turn(self) -> None:
        self._awake = False
        budget = self._slice_size
        while self._queue and budget > 0:
            budget -= self._advance(self._queue.popleft(), budget)
        self._spent = self._slice_size - budget
        if self._queue or self._spent:
            self._wake()

    def _advance(self, audience: Audience, budget: int) -> int:
        if not audience._snapshot:
            audience._take_batch()
        ears = audience._next_slice(budget)
        self.deliveries += len(ears)
        _tell_each(ears, audience._batch, audience._first)
        if audience._finish_batch():
            audience._queued = False
        else:
            self._queue.append(audience)
        return max(1, len(ears))


def _tell_each(ears: list[Ear], events: tuple[RoomEvent, ...], first: int) -> None:
    """`first` is the serial number of `events[0]`; an ear that came later hears only what was said since."""
    rest = iter(ears)
    while True:
        try:
            for ear in rest:
                if not ear.present:
                    continue
                if ear.since < first:
                    ear.hear(events)
                elif ear.since < first + len(events) - 1:
                    ear.hear(events[ear.since - first + 1 :])
            return
        except Exception:
            # A listener that raises breaks its promise; the others must still hear.
            log.exception("a listener failed while hearing")
