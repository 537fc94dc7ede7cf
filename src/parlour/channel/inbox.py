"""The inbound side of an endpoint's sessions: takes INFOs, keeps them in order, and has them carried out in turn.

Order. Commands of an endpoint are carried out one after the other, in the order they came, whether their dialog is
still there or the endpoint has another by now: a 200 is a promise. Posts do not wait for each other's commit (the store
keeps their order) but commands wait for posts and posts for commands. A post's INFO is answered when the post is
committed; a command's INFO at once, its reply being an INFO of its own. Commands wait for their person's turn besides
(`turns`), each command of an envelope for a turn of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from parlour.channel.posting import GONE, PostAnswer
from parlour.channel.refusals import MESSAGE_QUEUE_FULL
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.errors import XccosError
from parlour.xccos.media import decode_body, refusal_headers
from parlour.xccos.types import Envelope, Part, is_lone_post, is_post

if TYPE_CHECKING:
    from parlour.channel.service import ChannelService
    from parlour.channel.session import Session

__all__ = ["Inbox"]


class _Asked(NamedTuple):
    session: Session
    incoming: IncomingRequest
    envelope: Envelope


class Inbox:
    """What an endpoint has asked and is not yet done; its sessions, one after the other, share it. An idle one holds
    nothing."""

    __slots__ = ("_busy", "_posting", "_queue", "_service", "sessions")

    def __init__(self, service: ChannelService) -> None:
        self._service = service
        self._queue: deque[_Asked] | None = None
        self._busy = False
        self._posting = 0
        self.sessions = 0
        """Those that share it and have not finished."""

    def receive(self, session: Session, incoming: IncomingRequest) -> None:
        """Decode and queue; refuse what cannot be decoded or what is too much."""
        request = incoming.request
        try:
            envelope = decode_body(request.content_type, request.body)
        except XccosError as error:
            incoming.respond(error.status, error.reason, headers=refusal_headers(error))
            return
        if not self._has_room() or not self._service.backlog.add(len(request.body)):
            # Nothing of the message was applied; the client sends it again.
            self._service.refuse(incoming, MESSAGE_QUEUE_FULL)
            return
        if not any(map(is_post, envelope.primitives)):
            incoming.respond(200)
        for one in envelope.primitives:
            if isinstance(one, Part):
                session.leaving(one)
        if self._queue is None:
            self._queue = deque()
        self._queue.append(_Asked(session, incoming, envelope))
        session.asked += 1
        self._pump()

    def _has_room(self) -> bool:
        return len(self._queue or ()) + self._posting < self._service.settings.pending

    def _pump(self) -> None:
        """Start what may start now."""
        service, queue = self._service, self._queue
        while queue and not self._busy:
            asked = queue[0]
            lone_post = is_lone_post(asked.envelope)
            if self._posting and (not lone_post or asked.session.may_resume):
                # Of an earlier dialog, perhaps, whose rooms are known when it is through.
                return
            before = asked.session.resuming(asked.envelope)
            if before is not None:
                self._busy = True
                service.spawn(self._go_on_after(before))
                return
            queue.popleft()
            if lone_post:
                self._posting += 1
                service.spawn(self._carry_out_post(asked))
            else:
                self._busy = True
                service.turns.ask(asked.session.person, partial(self._begin, asked))
        if not queue:
            self._queue = None

    async def _go_on_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._done()

    async def _carry_out_post(self, asked: _Asked) -> None:
        try:
            await self._work(asked)
        finally:
            self._count_off(asked)
            self._posting -= 1
            self._pump()

    def _begin(self, asked: _Asked) -> None:
        self._service.spawn(self._carry_out(asked))

    async def _carry_out(self, asked: _Asked) -> None:
        try:
            await self._work(asked)
        finally:
            self._count_off(asked)
            self._service.turns.done(asked.session.person)
            self._done()

    def _done(self) -> None:
        self._busy = False
        self._pump()

    def _count_off(self, asked: _Asked) -> None:
        self._service.backlog.remove(len(asked.incoming.request.body))
        asked.session.one_done()

    async def _work(self, asked: _Asked) -> None:
        """Carry out one envelope, command by command."""
        session, incoming, envelope = asked
        final = PostAnswer(200)
        for place, primitive in enumerate(envelope.primitives):
            if place and not is_post(primitive):
                await self._service.turns.pass_on(session.person)
            answer = await session.carry_out(envelope.envid, primitive, alone=len(envelope.primitives) == 1)
            if isinstance(primitive, Part):
                session.left(primitive)
            final = max(final, answer, key=_severity)
            if len(envelope.primitives) > 1:
                session.flush()
        if not incoming.final_status:
            self._answer_post(incoming, final)
        session.flush()

    def _answer_post(self, incoming: IncomingRequest, answer: PostAnswer) -> None:
        if answer.status == 503:
            self._service.refuse(incoming, MESSAGE_QUEUE_FULL)
        elif answer.status == 481:
            self._service.refuse_stray(incoming)
        else:
            incoming.respond(answer.status, answer.reason)

    def drop(self, session: Session) -> None:
        """What this session asked and was not begun will not be; posts that wait for their answer get it."""
        dropped = [asked for asked in self._queue or () if asked.session is session]
        if dropped:
            self._queue = deque(asked for asked in self._queue or () if asked.session is not session) or None
        for asked in dropped:
            if not asked.incoming.final_status:
                self._answer_post(asked.incoming, GONE)
            self._count_off(asked)


def _severity(answer: PostAnswer) -> int:
    """Of several posts in one envelope the worst answer is told; 503 above all, for it asks to come again."""
    return 1000 if answer.status == 503 else answer.status
