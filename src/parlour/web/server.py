"""uvicorn as a guest in our own event loop: it gets sockets and a TLS context, and leaves signals to us."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Generator, Sequence

import uvicorn
from starlette.types import ASGIApp

__all__ = ["WebServer"]

_GRACE_SECONDS = 2


class _Guest(uvicorn.Server):
    """A server that says when it has started and touches no signal handler."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.serving.set()


class WebServer:
    """Serves `app` over HTTPS on bound `sockets`, which it closes in the end."""

    def __init__(self, app: ASGIApp, sockets: Sequence[socket.socket], context: ssl.SSLContext) -> None:
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
        self._guest = _Guest(config)
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
