"""The inbound side of a session: takes INFOs, keeps them in order, and has them carried out when their turn comes.

Order. Commands of a dialog are carried out one after the other, in the order they came. Posts do not wait for each
other's commit (the store keeps their order) but commands wait for posts and posts for commands. A post's INFO is
answered when the post is committed; a command's INFO at once, its reply being an INFO of its own. Commands wait for
their person's turn besides (`turns`), each command of an envelope for a turn of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from parlour.channel.posting import GONE, PostAnswer
from parlour.channel.refusals import MESSAGE_QUEUE_FULL
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.errors import XccosError
from parlour.xccos.media import decode_body, refusal_headers
from parlour.xccos.types import Envelope, Part, is_lone_post, is_post

if TYPE_CHECKING:
    from parlour.channel.session import Session

__all__ = ["Inbox"]


class Inbox:
    """What a client has asked and is not yet done. An idle one holds nothing."""

    __slots__ = ("_busy", "_posting", "_queue", "_session")

    def __init__(self, session: Session) -> None:
        self._session = session
        self._queue: deque[tuple[IncomingRequest, Envelope]] | None = None
        self._busy = False
        self._posting = 0

    def receive(self, incoming: IncomingRequest) -> None:
        """Decode and queue; refuse what cannot be decoded or what is too much."""
        request = incoming.request
        try:
            envelope = decode_body(request.content_type, request.body)
        except XccosError as error:
            incoming.respond(error.status, error.reason, headers=refusal_headers(error))
            return
        if not self._has_room() or not self._session.service.backlog.add(len(request.body)):
            # Nothing of the message was applied; the client sends it again.
            self._session.service.refuse(incoming, MESSAGE_QUEUE_FULL)
            return
        if not any(map(is_post, envelope.primitives)):
            incoming.respond(200)
        for one in envelope.primitives:
            if isinstance(one, Part):
                self._session.leaving(one)
        if self._queue is None:
            self._queue = deque()
        self._queue.append((incoming, envelope))
        self._pump()

    def _has_room(self) -> bool:
        return len(self._queue or ()) + self._posting < self._session.service.settings.pending

    def _pump(self) -> None:
        """Start what may start now."""
        service, queue = self._session.service, self._queue
        while queue and not self._busy:
            before = self._session.resuming(queue[0][1])
            if before is not None:
                self._busy = True
                service.spawn(self._go_on_after(before))
                return
            lone_post = is_lone_post(queue[0][1])
            if self._posting and not lone_post:
                return
            incoming, envelope = queue.popleft()
            if lone_post:
                self._posting += 1
                service.spawn(self._carry_out_post(incoming, envelope))
            else:
                self._busy = True
                service.turns.ask(self._session.person, partial(self._begin, incoming, envelope))
        if not queue:
            self._queue = None

    async def _go_on_after(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._done()

    async def _carry_out_post(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        try:
            await self._work(incoming, envelope)
        finally:
            self._session.service.backlog.remove(len(incoming.request.body))
            self._posting -= 1
            self._pump()

    def _begin(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        self._session.service.spawn(self._carry_out(incoming, envelope))

    async def _carry_out(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        service = self._session.service
        try:
            await self._work(incoming, envelope)
        finally:
            service.backlog.remove(len(incoming.request.body))
            service.turns.done(self._session.person)
            self._done()

    def _done(self) -> None:
        self._busy = False
        self._pump()

    async def _work(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        """Carry out one envelope, command by command."""
        session, final = self._session, PostAnswer(200)
        for place, primitive in enumerate(envelope.primitives):
            if place and not is_post(primitive):
                await session.service.turns.pass_on(session.person)
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
            self._session.service.refuse(incoming, MESSAGE_QUEUE_FULL)
        elif answer.status == 481:
            self._session.service.refuse_stray(incoming)
        else:
            incoming.respond(answer.status, answer.reason)

    def close(self) -> None:
        """The session is over. What was not begun will not be; posts that wait for their answer get it."""
        queue, self._queue = self._queue, None
        for incoming, _ in queue or ():
            self._session.service.backlog.remove(len(incoming.request.body))
            if not incoming.final_status:
                self._answer_post(incoming, GONE)


def _severity(answer: PostAnswer) -> int:
    """Of several posts in one envelope the worst answer is told; 503 above all, for it asks to come again."""
    return 1000 if answer.status == 503 else answer.status
