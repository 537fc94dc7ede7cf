"""The channel service: takes INVITEs, keeps the sessions, and holds what all sessions share."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from parlour.channel.refusals import INVITE_DIAGNOSTICS, diagnostics
from parlour.channel.render import Renderer
from parlour.channel.returning import ReturningEndpoints
from parlour.channel.session import Session
from parlour.hub.hub import Hub
from parlour.rooms.refusals import Refusal, Refused
from parlour.ua.endpoint import Endpoint
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.profiles import profile_for

__all__ = ["ChannelService", "ChannelSettings"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """`uri` is where we are called; `sessions` and `pending` bound what one process and one session may hold;
    `retry_after` is in seconds."""

    uri: str
    domain: str
    host: str
    instance_id: str
    display_name: str = "Parlour"
    room_management_url: str = ""
    sessions: int = 20_000
    pending: int = 64
    retry_after: int = 5


class ChannelService:
    """Answers at the pool's URI (`sip:GC-1-PersistentChatService-1@<domain>`)."""

    def __init__(
        self,
        hub: Hub,
        endpoint: Endpoint,
        settings: ChannelSettings,
        *,
        next_envid: Callable[[], int],
        clock: Callable[[], float],
        clock_us: Callable[[], int],
    ) -> None:
        """`clock` is monotonic seconds, `clock_us` microseconds since 1970."""
        self.hub = hub
        self.endpoint = endpoint
        self.settings = settings
        self.next_envid = next_envid
        self.clock_us = clock_us
        self.renderer = Renderer(settings.domain, next_envid)
        self.returning = ReturningEndpoints(clock)
        self.draining = False
        self._sessions: set[Session] = set()
        self._by_endpoint: dict[tuple[str, str], Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def session_count(self) -> int:
        return len(self._sessions)

    def handle_invite(self, incoming: IncomingRequest) -> None:
        """Begin a session, or say why not in the words clients know (ms-diagnostics)."""
        identity = incoming.identity
        if identity is None:
            incoming.respond(403)
            return
        if self.draining or len(self._sessions) >= self.settings.sessions:
            self._refuse(incoming, Refusal.BUSY)
            return
        endpoint = identity.endpoint or f"call:{incoming.request.call_id}"
        session = Session(self, identity.uri, endpoint, incoming.connection, profile_for(identity.user_agent))
        before = self._by_endpoint.get((identity.uri, endpoint))
        if before is not None:
            before.expect_successor(incoming.connection)
        visit = self.hub.enter(identity.uri, endpoint, session)
        if isinstance(visit, Refused):
            self._refuse(incoming, visit.reason)
            return
        dialog = self.endpoint.accept_invite(incoming, session)
        if dialog is None:
            self.hub.leave(visit)
            return
        self._sessions.add(session)
        self._by_endpoint[identity.uri, endpoint] = session
        session.begin(visit, dialog)

    def _refuse(self, incoming: IncomingRequest, reason: Refusal) -> None:
        status, code, text = INVITE_DIAGNOSTICS.get(reason, (500, 20007, "Chat service error"))
        headers = [diagnostics(code, text, self.settings.host)]
        if status == 503:
            headers.append(("Retry-After", str(self.settings.retry_after)))
        incoming.respond(status, headers=headers)

    def session_over(self, session: Session) -> None:
        self._sessions.discard(session)
        if self._by_endpoint.get((session.person, session.endpoint_id)) is session:
            del self._by_endpoint[session.person, session.endpoint_id]

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task that the service owns: awaited or cancelled by `close`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop taking sessions, finish what was asked, hang up. No part notices: everybody is leaving."""
        self.draining = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=5.0)
        for dialog in [session.detach() for session in self._sessions]:
            if dialog is not None:
                dialog.bye("server stops")
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)
