"""The channel service: takes INVITEs, keeps the sessions, and holds what all sessions share."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from parlour.channel.cards import Cards
from parlour.channel.names import Names
from parlour.channel.refusals import (
    BAD_CALLER,
    NOT_BEGUN,
    SESSION_QUEUE_FULL,
    diagnosis_for,
)
from parlour.channel.remembered import RememberedEndpoints
from parlour.channel.render import Renderer
from parlour.channel.returning import ReturningEndpoints
from parlour.channel.session import Session
from parlour.channel.turns import Backlog, Turns
from parlour.hub.hub import Hub
from parlour.rooms.refusals import Refusal, Refused
from parlour.sip.diagnostics import UNKNOWN_SESSION, Diagnosis, diagnostics
from parlour.ua.endpoint import Endpoint
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.profiles import profile_for

__all__ = ["ChannelService", "ChannelSettings"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """`uri` is where we are called, `file_service_url` where files go ("": nowhere).

    `sessions` bounds the dialogs of one process, `pending` the envelopes of one session that wait or are being carried
    out, `pending_total` and `pending_bytes` those of all sessions and their size; `retry_after` is in seconds.
    `push_history`: after a join the history of the rooms is sent unasked, for clients of the first generation."""

    uri: str
    domain: str
    host: str
    instance_id: str
    display_name: str = "Parlour"
    room_management_url: str = ""
    file_service_url: str = ""
    push_history: bool = False
    sessions: int = 20_000
    pending: int = 256
    pending_total: int = 20_000
    pending_bytes: int = 64 * 1024 * 1024
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
        self.cards = Cards(hub, settings.domain, settings.file_service_url)
        self.names = Names(settings.domain)
        self.renderer = Renderer(self.cards, next_envid)
        self.turns = Turns()
        self.backlog = Backlog(settings.pending_total, settings.pending_bytes)
        self.returning = ReturningEndpoints(clock)
        self.remembered = RememberedEndpoints(clock)
        self.draining = False
        self.refusals: Counter[tuple[int, int]] = Counter()
        """INVITEs and INFOs refused, by status and code of ms-diagnostics."""
        self.denials: Counter[Refusal] = Counter()
        """Commands and posts refused inside a session, by reason."""
        self.stand_in: Callable[[IncomingRequest], None] | None = None
        """Takes the call of a client that gives up when it is refused, while nobody is taken here."""
        self._sessions: set[Session] = set()
        self._ending: set[Session] = set()
        """Their dialogs are over, and what was asked there is not done yet."""
        self._by_endpoint: dict[tuple[str, str], Session] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        hub.people.subscribe(self._person_changed)

    @property
    def session_count(self) -> int:
        return len(self._sessions)

    def handle_invite(self, incoming: IncomingRequest) -> None:
        """Begin a session, or say why not in the words clients know (ms-diagnostics)."""
        refused = self._refused(incoming)
        if refused is None:
            return
        if refused[0] == 503 and self.stand_in is not None and _gives_up(incoming):
            self.stand_in(incoming)
        else:
            self.refuse(incoming, refused)

    @property
    def busy(self) -> Diagnosis | None:
        """Why nobody new is taken just now; None while somebody would be."""
        if self.draining or self.hub.draining or len(self._sessions) >= self.settings.sessions:
            return diagnosis_for(Refusal.BUSY)
        return SESSION_QUEUE_FULL if self.backlog.full else None

    def _refused(self, incoming: IncomingRequest) -> Diagnosis | None:
        """None once a session has begun, or its INVITE was refused for reasons of SIP."""
        identity = incoming.identity
        if identity is None:
            return BAD_CALLER
        if (busy := self.busy) is not None:
            return busy
        try:
            refused = self._begin(incoming, identity)
        except Exception:
            log.exception("a session could not be begun", extra={"person": identity.uri})
            return None if incoming.final_status else NOT_BEGUN
        return diagnosis_for(refused.reason) if refused is not None else None

    def turns_away(self, incoming: IncomingRequest) -> bool:
        """For a service that stands before this one: an INVITE of somebody who may not chat is refused, as it would be
        here; True then."""
        identity = incoming.identity
        if identity is not None and self.hub.may_chat(identity.uri):
            return False
        self.refuse(incoming, BAD_CALLER if identity is None else diagnosis_for(Refusal.NOT_PROVISIONED))
        return True

    def _begin(self, incoming: IncomingRequest, identity: Identity) -> Refused | None:
        endpoint = identity.endpoint or f"call:{incoming.request.call_id}"
        before = self._by_endpoint.get((identity.uri, endpoint))
        profile = profile_for(identity.user_agent)
        session = Session(self, identity.uri, endpoint, incoming.connection, profile, before)
        prepared = self.endpoint.prepare_dialog(incoming, session)
        if prepared is None:
            return None
        if before is not None and self.hub.may_chat(identity.uri):
            # Not before SIP has nothing against the INVITE any more.
            before.make_way(incoming.connection)
        visit = self.hub.enter(identity.uri, endpoint, session)
        if isinstance(visit, Refused):
            return visit
        dialog = None
        try:
            dialog = self.endpoint.begin_dialog(prepared)
        finally:
            if dialog is None:
                self.hub.leave(visit)
        self._sessions.add(session)
        self._by_endpoint[identity.uri, endpoint] = session
        session.begin(visit, dialog)
        return None

    def refuse(self, incoming: IncomingRequest, why: Diagnosis) -> None:
        """Refuse an INVITE or INFO; where it may be sent again, say when."""
        status, code, text = why
        self.refusals[status, code] += 1
        headers = [diagnostics(code, text, self.settings.host)]
        if status == 503:
            headers.append(("Retry-After", str(self.settings.retry_after)))
        incoming.respond(status, headers=headers)

    def refuse_stray(self, incoming: IncomingRequest) -> None:
        """An INFO of a session that is not there (any more): clients begin again then."""
        self.refuse(incoming, UNKNOWN_SESSION)

    def ending_headers(self, reason: Refusal) -> list[tuple[str, str]]:
        """What a BYE says beside its Reason, where clients know a number for it."""
        _, code, text = diagnosis_for(reason)
        return [diagnostics(code, text, self.settings.host)] if reason is Refusal.NOT_PROVISIONED else []

    def session_over(self, session: Session) -> None:
        """Its dialog has ended."""
        self._sessions.discard(session)
        self._ending.add(session)

    def session_finished(self, session: Session) -> None:
        """And what was asked there is done. The next one of the endpoint has to wait for others that are not so far."""
        self._ending.discard(session)
        newest = self._by_endpoint.get((session.person, session.endpoint_id))
        if newest is not None and newest.inbox is session.inbox and not session.inbox.sessions:
            del self._by_endpoint[session.person, session.endpoint_id]

    def password_changed(self, uri: str) -> None:
        """Whoever is signed in as this person has proven nothing that still holds."""
        for session in [one for one in (*self._sessions, *self._ending) if one.person == uri]:
            session.revoke()

    def _person_changed(self, uri: str) -> None:
        if self.hub.people.find_person(uri) is None:
            self.remembered.forget(uri)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` as a task that the service owns: awaited or cancelled by `close`."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stop taking sessions, finish what was asked, hang up. No part notices: everybody is leaving."""
        self.draining = True
        await self._settle(5.0)
        for dialog in [session.detach() for session in self._sessions]:
            if dialog is not None:
                dialog.bye("server stops")
        for session in list(self._ending):
            session.revoke()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _settle(self, seconds: float) -> None:
        """Wait until everything is done that was asked, but no longer than this."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while (left := until - loop.time()) > 0 and not (self.turns.idle and not self._tasks):
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=left)
            else:
                await asyncio.sleep(0)  # somebody's turn comes


def _gives_up(incoming: IncomingRequest) -> bool:
    """COMPAT: SIPE calls the address that provisioning told it as if that were the lookup service."""
    identity = incoming.identity
    return identity is not None and profile_for(identity.user_agent).gives_up_when_refused
