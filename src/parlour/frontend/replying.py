"""Sending what handlers decided: answers at once, or from a task when a handler has to wait for the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from parlour.frontend.answer import Answer
from parlour.sip.errors import RemoteProtocolError
from parlour.store.api import StoreUnavailable
from parlour.ua.connection import Connection
from parlour.ua.incoming import IncomingRequest

__all__ = ["Replies"]

log = logging.getLogger(__name__)

MAX_UNFINISHED: Final = 32
"""Requests of one connection that may wait for the store at a time; docs/protocol/sip.md, "SUBSCRIBE"."""
_BUSY: Final = Answer(503, headers=(("Retry-After", "5"),))


class Replies:
    """One per server; owns the tasks of requests that are still being worked on."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._unfinished: dict[Connection, int] = {}

    def send(self, incoming: IncomingRequest, answer: Answer) -> None:
        """Answer a request; an ACK never is."""
        if incoming.request.method == "ACK":
            incoming.dropped()
            return
        try:
            incoming.respond(answer.status, answer.reason, answer.headers, answer.body, answer.content_type)
        except RemoteProtocolError as error:
            log.info("nobody waits for the answer to %s any more: %s", incoming.request.method, error)

    def refuses(self, incoming: IncomingRequest) -> bool:
        """Whether too much of the connection waits already for this to be given to `later`; then it is answered."""
        too_much = self._unfinished.get(incoming.connection, 0) >= MAX_UNFINISHED
        if too_much:
            self.send(incoming, _BUSY)
        return too_much

    def later(self, incoming: IncomingRequest, work: Coroutine[Any, Any, None]) -> None:
        """Let `work` answer the request; what it raises becomes an answer too. Ask `refuses` before."""
        connection = incoming.connection
        self._unfinished[connection] = self._unfinished.get(connection, 0) + 1
        self.run(self._guarded(incoming, work)).add_done_callback(lambda task: self._finished(connection))

    def run(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Work that answers nothing, and raises nothing."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _finished(self, connection: Connection) -> None:
        self._unfinished[connection] -= 1
        if not self._unfinished[connection]:
            del self._unfinished[connection]

    async def close(self) -> None:
        """Stop what is still being worked on; its requests stay unanswered."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _guarded(self, incoming: IncomingRequest, work: Coroutine[Any, Any, None]) -> None:
        """The edge of a task: whatever happens, the request gets an answer."""
        try:
            await work
        except RemoteProtocolError as error:
            self.send(incoming, Answer(error.status, error.reason))
        except StoreUnavailable:
            self.send(incoming, _BUSY)
        except Exception:
            log.exception("%s could not be handled", incoming.request.method)
            if not incoming.final_status:
                self.send(incoming, Answer(500))
