"""Keeps a session up: begins the first one, begins another when one is lost, and lets commands wait for it.

Knows nothing of SIP: what beginning and resuming mean is given to it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from parlour.client.backoff import Backoff
from parlour.client.errors import Busy, ClientClosed, ClientError, Disconnected, NotProvisioned, SignInRefused

__all__ = ["Keeper"]

log = logging.getLogger(__name__)


class _Session(Protocol):
    ended: str | None


S = TypeVar("S", bound=_Session)


class Keeper(Generic[S]):
    """`begin(on_ended)` makes a session that calls `on_ended(reason)` once; `resume(session)` brings it to where the
    last one was; `discard(session)` closes one; `on_lost(reason)` and `on_given_up(error)` tell. `backoff` None: the
    first loss is the end."""

    def __init__(
        self,
        *,
        begin: Callable[[Callable[[str], None]], Awaitable[S]],
        resume: Callable[[S], Awaitable[None]],
        discard: Callable[[S], Awaitable[None]],
        on_lost: Callable[[str], None],
        on_given_up: Callable[[ClientError], None],
        backoff: Backoff | None,
    ) -> None:
        self._begin = begin
        self._resume = resume
        self._discard = discard
        self._on_lost = on_lost
        self._on_given_up = on_given_up
        self._backoff = backoff
        self._session: S | None = None
        self._up: asyncio.Future[S] | None = None
        self._work: asyncio.Task[None] | None = None
        self._closed = False

    async def start(self) -> None:
        """Begin the first session. Raises ClientError: nothing is tried twice here; ClientClosed after an earlier
        start that succeeded."""
        if self._up is not None or self._closed:
            raise ClientClosed("a client is opened once")
        session = await self._begin(self._ended)
        if session.ended is not None:
            await self._discard(session)
            raise Disconnected(session.ended)
        self._up = asyncio.get_running_loop().create_future()
        self._set_up(session)

    async def current(self) -> S:
        """The session, as soon as there is one. Raises ClientClosed."""
        if self._up is None:
            raise ClientClosed("the client is not connected")
        return await asyncio.shield(self._up)

    async def close(self) -> None:
        """End the session, and the attempts to have one. Commands that wait get ClientClosed."""
        self._closed = True
        if self._work is not None:
            self._work.cancel()
            await asyncio.gather(self._work, return_exceptions=True)
        session, self._session = self._session, None
        self._fail(ClientClosed("the client was closed"))
        if session is not None:
            await self._discard(session)

    def _set_up(self, session: S) -> None:
        self._session = session
        if self._backoff is not None:
            self._backoff.reset()
        if self._up is not None and not self._up.done():
            self._up.set_result(session)

    def _ended(self, reason: str) -> None:
        """Called by the session in use, and by one that is only just being made, which does not count yet."""
        session = self._session
        if session is None or session.ended is None or self._closed:
            return
        self._session = None
        self._up = asyncio.get_running_loop().create_future()
        self._on_lost(reason)
        self._work = asyncio.get_running_loop().create_task(self._come_back(session, reason))

    async def _come_back(self, lost: S, reason: str) -> None:
        """Until there is a session again, or no hope."""
        try:
            await self._discard(lost)
            if self._backoff is None:
                raise Disconnected(reason)
            await self._try_again(self._backoff)
        except ClientError as error:
            self._give_up(error)
        except Exception as error:
            log.exception("coming back failed in an unforeseen way")
            self._give_up(ClientError(str(error)))

    async def _try_again(self, backoff: Backoff) -> None:
        at_least = 0.0
        while True:
            await asyncio.sleep(backoff.next(at_least))
            try:
                session = await self._begin(self._ended)
            except (SignInRefused, NotProvisioned):
                raise
            except ClientError as error:
                log.info("not back yet: %s", error)
                at_least = error.retry_after if isinstance(error, Busy) else 0.0
                continue
            if await self._resumed(session):
                self._set_up(session)
                return

    async def _resumed(self, session: S) -> bool:
        try:
            await self._resume(session)
        except ClientError as error:
            log.info("could not resume: %s", error)
        else:
            if session.ended is None:
                return True
        await self._discard(session)
        return False

    def _give_up(self, error: ClientError) -> None:
        closed = ClientClosed(f"gave up: {error}")
        closed.__cause__ = error
        self._fail(closed)
        self._on_given_up(closed)

    def _fail(self, error: ClientClosed) -> None:
        if self._up is None or self._up.done():
            self._up = asyncio.get_running_loop().create_future()
        self._up.set_exception(error)
        self._up.exception()  # looked at: nobody need be waiting
