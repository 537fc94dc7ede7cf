"""One person in one dialog: takes INFOs in order, answers each, and passes on what is heard in the rooms.

Order. Commands of a dialog are carried out one after the other, in the order they came. Posts do not wait for each
other's commit (the store keeps their order) but commands wait for posts and posts for commands. A post's INFO is
answered when the post is committed; a command's INFO at once, its reply being an INFO of its own. Replies leave before
anything that is heard because of them.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parlour.channel.commands import HANDLERS, ONCE, refuse
from parlour.channel.posting import GONE, Answer, post
from parlour.channel.refusals import diagnostics
from parlour.hub.events import PostHeard, Removed, RoomEvent, VisitEnded
from parlour.hub.presence import Visit
from parlour.rooms.model import RoomId
from parlour.rooms.refusals import Refusal
from parlour.ua.connection import Connection
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import UasDialog
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, envelopes, parted_notice, refusal
from parlour.xccos.errors import XccosError
from parlour.xccos.media import decode_body, refusal_headers
from parlour.xccos.profiles import FULL_CLIENT_COMMANDS, ClientProfile, profile_for
from parlour.xccos.types import Envelope, GroupChat, Request, RequestUri

if TYPE_CHECKING:
    from parlour.channel.service import ChannelService

__all__ = ["Session"]

log = logging.getLogger(__name__)

_REMEMBERED = 64
_OF_MYSELF = (Removed, VisitEnded)
# Replies longer than this are not kept but worked out again: only reading, and entering a room, have such, and both may
# be done twice.
_CommandKey = tuple[int, int, str, int]


class Session:
    """A dialog's handler (`ua.DialogHandler`) and a visit's listener (`hub.Listener`) in one."""

    __slots__ = (
        "_answered",
        "_busy",
        "_connection",
        "_dialog",
        "_held",
        "_posting",
        "_queue",
        "_releases",
        "_replies",
        "_resuming",
        "_seen",
        "_successor",
        "endpoint_id",
        "person",
        "profile",
        "service",
        "visit",
    )

    def __init__(
        self, service: ChannelService, person: str, endpoint_id: str, connection: Connection, profile: ClientProfile
    ) -> None:
        self.service = service
        self.person = person
        self.endpoint_id = endpoint_id
        self.profile = profile
        self.visit: Visit | None = None
        self._connection = connection
        self._dialog: UasDialog | None = None
        self._queue: deque[tuple[IncomingRequest, Envelope]] | None = None
        self._busy = False
        self._posting = 0
        self._replies: list[Fragment] = []
        self._releases: list[tuple[RoomId, int]] = []
        self._held: dict[RoomId, list[RoomEvent]] | None = None
        self._answered: OrderedDict[_CommandKey, list[Fragment]] | None = None
        self._seen: frozenset[str] = frozenset()
        self._successor: Connection | None = None
        self._resuming = False

    def begin(self, visit: Visit, dialog: UasDialog) -> None:
        """The INVITE was answered 200."""
        self.visit = visit
        self._dialog = dialog
        if self.profile.resumes_rooms_after_481:
            # COMPAT: SIPE does not come back after a BYE, but at once after a 481.
            dialog.bye_when_expired = False
            self._resuming = True

    def _resumes_before(self, envelope: Envelope) -> bool:
        """Whether rooms have to be entered again before `envelope` is looked at. COMPAT: after a 481 SIPE first calls
        to ask for our address, at that very address, and hangs up: that call is not the one that goes on."""
        if not self._resuming or all(isinstance(one, RequestUri) for one in envelope.primitives):
            return False
        self._resuming = False
        rooms = self.service.returning.take(self.person, self.endpoint_id, self._connection.id)
        if rooms:
            self._busy = True
            self.service.spawn(self._resume(rooms))
        return bool(rooms)

    async def _resume(self, rooms: Sequence[RoomId]) -> None:
        try:
            if self.visit is not None:
                await self.service.hub.join_many(self.visit, rooms)
        except Exception:
            log.exception("rooms could not be resumed", extra={"person": self.person})
        finally:
            self._done()

    # -- what the client asks ----------------------------------------------------------------------------------

    def receive_info(self, incoming: IncomingRequest) -> None:
        """Decode and queue; refuse what cannot be decoded or what is too much."""
        request = incoming.request
        try:
            envelope = decode_body(request.content_type, request.body)
        except XccosError as error:
            incoming.respond(error.status, error.reason, headers=refusal_headers(error))
            return
        if self._queue is None:
            self._queue = deque()
        if len(self._queue) + self._posting >= self.service.settings.pending:
            self.refuse_busy(incoming)
            return
        if not _has_post(envelope):
            incoming.respond(200)
        self._queue.append((incoming, envelope))
        self._pump()

    def refuse_busy(self, incoming: IncomingRequest) -> None:
        """503: nothing of the message was applied; the client sends it again."""
        settings = self.service.settings
        incoming.respond(
            503,
            headers=[
                ("Retry-After", str(settings.retry_after)),
                diagnostics(20011, "Message rejected, inbound queue full", settings.host),
            ],
        )

    def _pump(self) -> None:
        """Start what may start now."""
        queue = self._queue
        while queue and not self._busy:
            if self._resumes_before(queue[0][1]):
                return
            lone_post = _is_lone_post(queue[0][1])
            if self._posting and not lone_post:
                return
            incoming, envelope = queue.popleft()
            if lone_post:
                self._posting += 1
                self.service.spawn(self._carry_out_post(incoming, envelope))
            else:
                self._busy = True
                self.service.spawn(self._carry_out(incoming, envelope))
        if not queue:
            self._queue = None  # an idle session keeps nothing it does not need

    async def _carry_out_post(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        try:
            await self._work(incoming, envelope)
        finally:
            self._posting -= 1
            self._pump()

    async def _carry_out(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        try:
            await self._work(incoming, envelope)
        finally:
            self._done()

    def _done(self) -> None:
        self._busy = False
        self._pump()

    async def _work(self, incoming: IncomingRequest, envelope: Envelope) -> None:
        """Carry out one envelope, command by command."""
        final = Answer(200)
        for primitive in envelope.primitives:
            answer = await self._do(envelope.envid, primitive)
            final = max(final, answer, key=_severity)
            if len(envelope.primitives) > 1:
                self.flush()
        if not incoming.final_status:
            self._answer_post(incoming, final)
        self.flush()

    async def _do(self, envid: int, primitive: Request) -> Answer:
        """One command or post; the edge at which a surprise is logged and answered."""
        if self.visit is None:
            return GONE
        try:
            if isinstance(primitive, GroupChat):
                answer = await post(self, envid, primitive)
                self._replies.extend(answer.fragments)
                return answer
            self._replies.extend(await self._command(envid, primitive))
        except Exception:
            log.exception("a command failed", extra={"person": self.person})
            if isinstance(primitive, GroupChat):
                return Answer(500)
            self._replies.append(refusal(envid, primitive, ResponseCode.UNKNOWN))
        if self._held is not None:
            self.flush()
            self._release()
        return Answer(200)

    def _answer_post(self, incoming: IncomingRequest, answer: Answer) -> None:
        if answer.status == 503:
            self.refuse_busy(incoming)
        else:
            incoming.respond(answer.status, answer.reason)

    async def _command(self, envid: int, command: Request) -> list[Fragment]:
        self._learn(command.name)
        handler = HANDLERS.get(type(command), refuse)
        if type(command) not in ONCE:
            return await handler(self, envid, command)
        if self._answered is None:
            self._answered = OrderedDict()
        # Some clients give all commands of an envelope the same number, so that the number alone would not do.
        key = (envid, command.seqid, command.name, hash(command))
        fragments = self._answered.get(key)
        if fragments is None:
            fragments = self._answered[key] = await handler(self, envid, command)
            if len(self._answered) > _REMEMBERED:
                self._answered.popitem(last=False)
        return fragments

    def _learn(self, command: str) -> None:
        """Some commands tell what kind of client this is."""
        if command in FULL_CLIENT_COMMANDS and command not in self._seen and self._dialog is not None:
            self._seen |= {command}
            self.profile = profile_for(self._dialog.identity.user_agent, self._seen)

    # -- what the client hears ---------------------------------------------------------------------------------

    def flush(self) -> None:
        """Send the replies that are ready."""
        if not self._replies:
            return
        replies, self._replies = self._replies, []
        if self._dialog is not None:
            self._dialog.pipe.push(envelopes(self.service.next_envid, replies))

    def hear(self, events: Sequence[RoomEvent]) -> None:
        """What happened in a room, or to this visit. Called for every listener of a room: no more than needed here."""
        dialog = self._dialog
        if dialog is None:
            return
        if self._replies:
            self.flush()
        first = events[0]
        if self._held is not None and not isinstance(first, VisitEnded) and first.room in self._held:
            self._held[first.room].extend(events)
        elif isinstance(first, _OF_MYSELF):
            self._hear_of_myself(events)
        else:
            dialog.pipe.push(self.service.renderer.bodies(events, self.profile.chats_per_envelope))

    def _hear_of_myself(self, events: Sequence[RoomEvent]) -> None:
        for event in events:
            if isinstance(event, VisitEnded):
                self._visit_ended(event)
            elif isinstance(event, Removed):
                notice = parted_notice(self.service.renderer.room_uri(event.room), [self.person])
                self._push_fragments([notice])
            else:
                self.hear([event])

    def _push_fragments(self, fragments: Sequence[Fragment]) -> None:
        if self._dialog is not None:
            self._dialog.pipe.push(envelopes(self.service.next_envid, fragments))

    def hold(self, room: RoomId) -> None:
        """Keep back what is heard in `room` until `release`: its history is being read for this client."""
        if self._held is None:
            self._held = {}
        self._held.setdefault(room, [])

    def pass_on_before(self, room: RoomId, chat_id: int) -> None:
        """Pass on what was kept back up to the last post below `chat_id`, with which the reply begins: when much is
        said while history is read, the reply does not reach back to where keeping back began."""
        events = (self._held or {}).get(room, [])
        older = [at for at, one in enumerate(events, 1) if isinstance(one, PostHeard) and one.post.chat_id < chat_id]
        if older and self._held is not None:
            self._held[room] = events[older[-1] :]
            held, self._held = self._held, None
            self._hear_at_last(events[: older[-1]])
            self._held = held

    def release_after_reply(self, room: RoomId, up_to: int) -> None:
        """Pass on what was kept back once the reply has left, without the posts up to `up_to`: the reply has them."""
        self._releases.append((room, up_to))

    def _release(self) -> None:
        held, self._held = self._held or {}, None
        releases, self._releases = dict(self._releases), []
        for room, events in held.items():
            up_to = releases.get(room, 0)
            self._hear_at_last(
                [one for one in events if not (isinstance(one, PostHeard) and one.post.chat_id <= up_to)]
            )

    def _hear_at_last(self, events: Sequence[RoomEvent]) -> None:
        if any(isinstance(one, Removed) for one in events):
            self._hear_of_myself(events)
        elif events:
            self.hear(events)

    # -- the end -----------------------------------------------------------------------------------------------

    def _visit_ended(self, event: VisitEnded) -> None:
        """The hub ended the visit: the endpoint came again, or lost the right to chat."""
        dialog = self._dialog
        if dialog is None:
            return
        if event.reason is Refusal.REPLACED and self._successor is self._connection:
            # COMPAT: SIPE finds a session by our From URI alone; a BYE for the old dialog would end the new one.
            dialog.forget("replaced by a newer dialog")
        else:
            dialog.bye(event.reason.value)

    def expect_successor(self, connection: Connection) -> None:
        """The same endpoint calls again, on `connection`: this session is about to be replaced. COMPAT: SIPE, should it
        call anew on the same connection, joins nothing, as after a 481."""
        self._successor = connection
        if self.visit is not None and connection is self._connection and self.profile.resumes_rooms_after_481:
            self.service.returning.remember(self.person, self.endpoint_id, connection.id, self.visit.seats)

    def detach(self) -> UasDialog | None:
        """The dialog, to be ended: from now on this session neither hears nor says anything."""
        dialog, self._dialog = self._dialog, None
        return dialog

    def dialog_ended(self, reason: str) -> None:
        """Once, whatever ended the dialog. Loss of the connection is leaving (clients send no part)."""
        visit, self.visit, self._dialog = self.visit, None, None
        self.service.session_over(self)
        self._refuse_waiting()
        if visit is None:
            return
        if self.profile.resumes_rooms_after_481 and not self._connection.closed and not reason.startswith("BYE"):
            self.service.returning.remember(self.person, self.endpoint_id, self._connection.id, visit.seats)
        self.service.hub.leave(visit)

    def _refuse_waiting(self) -> None:
        """What was not begun will not be; posts that wait for their answer get it."""
        queue, self._queue = self._queue, None
        for incoming, _ in queue or ():
            if not incoming.final_status:
                self._answer_post(incoming, GONE)


def _has_post(envelope: Envelope) -> bool:
    return any(isinstance(one, GroupChat) for one in envelope.primitives)


def _is_lone_post(envelope: Envelope) -> bool:
    return len(envelope.primitives) == 1 and isinstance(envelope.primitives[0], GroupChat)


def _severity(answer: Answer) -> int:
    """Of several posts in one envelope the worst answer is told; 503 above all, for it asks to come again."""
    return 1000 if answer.status == 503 else answer.status
