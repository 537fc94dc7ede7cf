"""uvicorn as a guest in our own event loop: it gets sockets and a TLS context, and leaves signals to us."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Generator, Sequence
from typing import Any

import uvicorn
from starlette.types import ASGIApp

__all__ = ["WebServer"]

_GRACE_SECONDS = 2
_IDLE_SECONDS = 15.0


class _Guest(uvicorn.Server):
    """A server that says when it has started, touches no signal handler, and gives up on clients that ask nothing:
    uvicorn's own keep-alive timer starts only after a first answer."""

    def __init__(self, config: uvicorn.Config, idle_seconds: float) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()
        self._idle_seconds = idle_seconds
        self._idle_since: dict[Any, float] = {}

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:
            self._close_idle(asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    def _close_idle(self, now: float) -> None:
        idle = [one for one in self.server_state.connections if not _is_answering(one)]
        self._idle_since = {one: self._idle_since.get(one, now) for one in idle}
        for connection, since in self._idle_since.items():
            if now - since >= self._idle_seconds:
                connection.transport.abort()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()


def _is_answering(connection: Any) -> bool:
    return connection.cycle is not None and not connection.cycle.response_complete


class WebServer:
    """Serves `app` over HTTPS on bound `sockets`, which it closes in the end."""

    def __init__(
        self,
        app: ASGIApp,
        sockets: Sequence[socket.socket],
        context: ssl.SSLContext,
        *,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        config = uvicorn.Config(
            app,
            http="h11",
            ws="none",
            loop="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            limit_concurrency=256,
            h11_max_incomplete_event_size=16384,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            ssl_context_factory=lambda _config, _default: context,
        )
        self._guest = _Guest(config, idle_seconds)
        self._sockets = list(sockets)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Return once connections are accepted. Raises what starting raised."""
        self._task = asyncio.create_task(self._guest.serve(self._sockets), name="https")
        started = asyncio.create_task(self._guest.serving.wait())
        await asyncio.wait({self._task, started}, return_when=asyncio.FIRST_COMPLETED)
        if not started.done():
            started.cancel()
            await self._task

    async def close(self) -> None:
        """Stop accepting, let requests in hand finish for two seconds, close."""
        self._guest.should_exit = True
        if self._task is not None:
            await self._task
