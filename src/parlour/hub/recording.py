"""Acts that are not posts, on their way to the archive: joining, parting, reading back."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from functools import partial

from parlour.store.api import OutboxEvent, PostLog, StoreUnavailable

__all__ = ["Recorder"]

log = logging.getLogger(__name__)


class Recorder:
    """Records acts. `keep` is for acts that are only done if they were recorded; `owe` for those that happen anyway
    (a connection that breaks): what cannot be recorded now, for whatever reason, is tried again until it is.
    `most_owed` bounds how many acts that could have been refused are let happen while nothing can be recorded; those
    that cannot be refused are leavings, at most one for each place that was taken before, since nobody enters while
    nothing can be recorded."""

    def __init__(self, posts: PostLog, retry_after: float = 1.0, most_owed: int = 10_000) -> None:
        self._posts = posts
        self._retry_after = retry_after
        self._most_owed = most_owed
        self._owed: deque[OutboxEvent] = deque()
        self._under_way: set[asyncio.Future[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._retrying: asyncio.Task[None] | None = None

    @property
    def owed(self) -> int:
        """Acts that could not be recorded yet."""
        return len(self._owed)

    async def keep(self, events: Sequence[OutboxEvent], on_regret: Sequence[OutboxEvent] = ()) -> list[bool]:
        """Record all in one wait; True for each that is kept. If the caller is cancelled meanwhile, the act will not be
        done although its record may exist: then the matching event of `on_regret` is recorded after it."""
        futures = [self._posts.record(event) for event in events]
        if not futures:
            return []
        try:
            await asyncio.wait(futures)
        except asyncio.CancelledError:
            for future, event in zip(futures, on_regret, strict=False):
                future.add_done_callback(partial(self._regret, event))
            raise
        return [_kept(future) for future in futures]

    def _regret(self, event: OutboxEvent, done: asyncio.Future[None]) -> None:
        if not done.cancelled() and done.exception() is None:
            self.owe(event)

    async def keep_or_owe(self, event: OutboxEvent) -> bool:
        """For acts that go on during an outage of the store: recorded before this returns, or as soon as the store is
        back. False when too much is owed already; then the act must not happen."""
        if not self._owed:
            await self.owe(event)
            return True
        if len(self._owed) >= self._most_owed:
            return False
        # An outage: each try would wait for the database's time-out, and the retry is under way.
        self._owed.append(event)
        return True

    def owe(self, event: OutboxEvent) -> asyncio.Future[bool]:
        """Record the act, now or later. The future tells whether it was now; nobody needs to wait for it."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        future = self._posts.record(event)
        self._under_way.add(future)
        future.add_done_callback(lambda done: self._settled(done, event, answer))
        return answer

    def _settled(self, done: asyncio.Future[None], event: OutboxEvent, answer: asyncio.Future[bool]) -> None:
        self._under_way.discard(done)
        kept = _kept(done)
        if not kept:
            self._owed.append(event)
            self._retry_soon()
        if not answer.done():
            answer.set_result(kept)

    def _retry_soon(self) -> None:
        if self._timer is None and self._retrying is None:
            log.warning("acts wait to be recorded for the archive")
            self._timer = asyncio.get_running_loop().call_later(self._retry_after, self._start_retry)

    def _start_retry(self) -> None:
        self._timer = None
        self._retrying = asyncio.get_running_loop().create_task(self._try_owed())
        self._retrying.add_done_callback(self._retried)

    def _retried(self, task: asyncio.Task[None]) -> None:
        self._retrying = None
        if not task.cancelled() and task.exception() is not None:
            log.error("recording for the archive failed", exc_info=task.exception())
        if self._owed:
            self._retry_soon()

    async def _try_owed(self) -> None:
        """Whatever happens meanwhile, only what is kept is owed no more. Others are owed at the end of the queue."""
        kept = await self.keep(list(self._owed))
        rest = [event for event, done in zip(self._owed, kept, strict=False) if not done]
        for _ in kept:
            self._owed.popleft()
        self._owed.extendleft(reversed(rest))

    async def close(self) -> None:
        """Wait for what is under way and try once more what is owed; what is lost then is said in the log."""
        while self._under_way:
            await asyncio.wait(set(self._under_way))
            await asyncio.sleep(0)
        if self._retrying is not None:
            await asyncio.wait([self._retrying])
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        await self._try_owed()
        if self._owed:
            log.error("%d acts could not be recorded for the archive", len(self._owed))


def _kept(future: asyncio.Future[None]) -> bool:
    """An error that is no outage is none the less no record."""
    if future.cancelled():
        return False
    error = future.exception()
    if error is not None and not isinstance(error, StoreUnavailable):
        log.error("an act could not be recorded for the archive", exc_info=error)
    return error is None
