"""One person in one dialog: carries out what was asked (`inbox` says when) and answers it; `hearing` passes on what is
heard in the rooms.
"""

from __future__ import annotations

import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from parlour.channel.caller import Answer, Caller
from parlour.channel.commands import HANDLERS, ONCE, ONCE_IN_A_DIALOG, READING, refuse
from parlour.channel.handlers.history import recent_history
from parlour.channel.hearing import Hearing
from parlour.channel.inbox import Inbox
from parlour.channel.posting import GONE, PostAnswer, post
from parlour.channel.recording import answer_to
from parlour.channel.refusals import code_for
from parlour.channel.remembered import RememberedReplies
from parlour.hub.events import VisitEnded
from parlour.hub.presence import Visit
from parlour.rooms.model import RoomId
from parlour.rooms.refusals import Refusal, Refused
from parlour.ua.connection import Connection
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import HUNG_UP, UasDialog
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, refusal
from parlour.xccos.profiles import ClientProfile, hint_of, profile_for
from parlour.xccos.types import Envelope, RecentHistory, Request, RequestUri, is_post

if TYPE_CHECKING:
    from parlour.channel.service import ChannelService

__all__ = ["Session"]

log = logging.getLogger(__name__)

_PUSHED_BYTES = 8 * 1024 * 1024
"""History that is pushed after one command, unasked; a client may ask for the rest."""


class Session(Hearing):
    """A dialog's handler (`ua.DialogHandler`) and a visit's listener (`hub.Listener`) in one."""

    __slots__ = (
        "_comes_back",
        "_connection",
        "_entered",
        "_hints",
        "_over",
        "_remembered_here",
        "asked",
        "call_id",
        "inbox",
        "may_resume",
    )

    def __init__(
        self,
        service: ChannelService,
        person: str,
        endpoint_id: str,
        connection: Connection,
        profile: ClientProfile,
        before: Session | None = None,
    ) -> None:
        """`before`: the endpoint's earlier session, if it is there still."""
        super().__init__(service, person, endpoint_id, profile)
        self.call_id = ""
        """Names the dialog."""
        self.asked = 0
        """Envelopes that wait or are being carried out."""
        self._connection = connection
        self._over = False
        self._comes_back = False
        self.inbox: Inbox = Inbox(service) if before is None else before.inbox
        self._entered: list[RoomId] | None = None
        self._remembered_here: RememberedReplies | None = None
        self._hints: frozenset[str] = frozenset()
        self.may_resume = False
        """Nothing has been asked that tells whether the client takes itself for seated."""

    def begin(self, visit: Visit, dialog: UasDialog) -> None:
        """The INVITE was answered 200."""
        self.visit = visit
        self.inbox.sessions += 1
        self._dialog = dialog
        self.call_id = dialog.dialog.call_id
        dialog.ends_with_bye = not self.profile.comes_back_after_481_alone
        self.may_resume = self.profile.resumes_rooms_after_481

    def resuming(self, envelope: Envelope) -> Coroutine[Any, Any, None] | None:
        """What has to be done before `envelope` is looked at: entering rooms again. COMPAT: after a 481 SIPE first
        calls to ask for our address, at that very address, and hangs up: that call is not the one that goes on."""
        if not self.may_resume or all(isinstance(one, RequestUri) for one in envelope.primitives):
            return None
        self.may_resume = False
        rooms = self.service.returning.take(self.person, self.endpoint_id, self._connection.id)
        return self._resume(rooms) if rooms else None

    async def _resume(self, rooms: Sequence[RoomId]) -> None:
        try:
            if self.visit is not None:
                await self.service.hub.join_many(self.visit, rooms)
        except Exception:
            log.exception("rooms could not be resumed", extra={"person": self.person})

    # -- what the client asks ----------------------------------------------------------------------------------

    def receive_info(self, incoming: IncomingRequest) -> None:
        self.inbox.receive(self, incoming)

    async def carry_out(self, envid: int, primitive: Request, *, alone: bool = False) -> PostAnswer:
        """One command or post; the edge at which a surprise is logged and answered. Replies wait for `flush`. `alone`:
        it is all that its envelope has."""
        if self.visit is None or not self.visit.open:
            return GONE
        if self._over and type(primitive) in READING:
            return PostAnswer(200)
        try:
            if is_post(primitive):
                answer = await post(self, envid, primitive, alone=alone)
                self._replies.extend(answer.fragments)
                return answer
            self._replies.extend(await self._command(Caller(self, self.visit, envid), primitive))
        except Exception:
            log.exception("a command failed", extra={"person": self.person})
            if alone and is_post(primitive):
                return PostAnswer(500)
            self._replies.append(refusal(envid, primitive, ResponseCode.UNKNOWN))
        if self._entered:
            await self._push_history(envid, primitive.seqid)
        if self._holding is not None:
            self._release(everything=True)
        return PostAnswer(200)

    async def _command(self, caller: Caller, command: Request) -> list[Fragment]:
        self._learn(command)
        handler = HANDLERS.get(type(command), refuse)
        known = self._remembered(caller.envid, command)
        if known is not None:
            return known
        answer = await answer_to(handler, caller, command)
        fragments = _fragments(caller, command, answer)
        if not isinstance(answer, Refused):
            self._remember(caller.envid, command, fragments)
        return fragments

    def _remembered(self, envid: int, command: Request) -> list[Fragment] | None:
        """The replies to a command that was carried out already."""
        if type(command) in ONCE:
            return self.service.remembered.find(self.person, self.endpoint_id, envid, command, self.call_id)
        if type(command) in ONCE_IN_A_DIALOG and self._remembered_here is not None:
            return self._remembered_here.find(envid, command)
        return None

    def _remember(self, envid: int, command: Request, replies: list[Fragment]) -> None:
        if type(command) in ONCE and self.service.hub.people.find_person(self.person) is not None:
            self.service.remembered.keep(self.person, self.endpoint_id, envid, command, replies, self.call_id)
        elif type(command) in ONCE_IN_A_DIALOG:
            self._remembered_here = self._remembered_here or RememberedReplies()
            self._remembered_here.keep(envid, command, replies)

    def _learn(self, command: Request) -> None:
        """Some commands tell what kind of client this is."""
        hint = hint_of(command)
        if hint is not None and hint not in self._hints and self._dialog is not None:
            self._hints |= {hint}
            self.profile = profile_for(self._dialog.identity.user_agent, self._hints)

    # -- history -----------------------------------------------------------------------------------------------

    def entered(self, room: RoomId) -> None:
        """The client is in a room since this very moment. Where its history is pushed, nothing is told before that."""
        if self.service.settings.push_history and not self._over:
            self._entered = self._entered or []
            self._entered.append(room)
            self.hold(room)

    async def _push_history(self, envid: int, seqid: int) -> None:
        """After the reply to a join: the history of each room, as if it had been asked for in the same command."""
        rooms, self._entered = self._entered or (), None
        pushed = 0
        try:
            for room in rooms:
                self._release()
                if self.visit is None or pushed > _PUSHED_BYTES:
                    return
                command = RecentHistory(seqid, self.service.cards.room_uri(room))
                caller = Caller(self, self.visit, envid)
                fragments = _fragments(caller, command, await recent_history(caller, command))
                pushed += sum(part.size() for part in fragments)
                self._replies.extend(fragments)
        except Exception:
            log.exception("history could not be pushed", extra={"person": self.person})

    # -- the end -----------------------------------------------------------------------------------------------

    def _visit_ended(self, event: VisitEnded) -> None:
        """The hub ended the visit: its person lost the right to chat, or the server stops. Nothing is done any more."""
        if self._dialog is not None:
            self._dialog.bye(event.reason.value, self.service.ending_headers(event.reason))

    def make_way(self, connection: Connection) -> None:
        """The same endpoint calls again, on `connection`."""
        dialog = self._dialog
        if dialog is None:
            return
        self._comes_back = connection is self._connection
        if self._comes_back:
            # COMPAT: SIPE finds a session by our From URI alone; a BYE for the old dialog would end the new one. Should
            # it call anew on the same connection, it joins nothing, as after a 481.
            dialog.forget(Refusal.REPLACED.value)
        else:
            dialog.bye(Refusal.REPLACED.value)

    def revoke(self) -> None:
        """What the person has proven holds no more: nothing is done any more in this name, and nothing told."""
        dialog = self.detach()
        if dialog is not None:
            dialog.forget("sign-in ended")
        else:
            self._give_up()

    def detach(self) -> UasDialog | None:
        """The dialog, to be ended: from now on this session neither hears nor says anything, nor does it do what was
        asked and not begun."""
        dialog, self._dialog = self._dialog, None
        return dialog

    def dialog_ended(self, reason: str) -> None:
        """Once, whatever ended the dialog. What was asked before is done, in its order; then the room hears that the
        person is leaving (loss of the connection is leaving, too: clients send no part)."""
        dialog, self._dialog = self._dialog, None
        visit = self.visit
        if visit is None:
            return
        self._over = True
        self.service.session_over(self)
        if reason == HUNG_UP:
            self.service.remembered.forget_endpoint(self.person, self.endpoint_id)
        elif dialog is not None and dialog.pipe.idle:
            self.service.remembered.all_arrived(self.person, self.endpoint_id)
        if dialog is None or not visit.open:
            self._give_up()
            return
        replaced = reason == Refusal.REPLACED.value
        visit.ending = reason if replaced else ""
        if not replaced:
            self._comes_back = reason != HUNG_UP
        if not self.asked:
            self._finish()

    def one_done(self) -> None:
        """One envelope that was asked is done, or dropped."""
        self.asked -= 1
        if self._over and not self.asked:
            self._finish()

    def _give_up(self) -> None:
        self.inbox.drop(self)
        self._finish()

    def _finish(self) -> None:
        """Everything is done, or given up: leave."""
        visit, self.visit = self.visit, None
        if visit is None:
            return
        self.inbox.sessions -= 1
        self.service.session_finished(self)
        if self._comes_back and self.profile.resumes_rooms_after_481 and not self._connection.closed:
            self.service.returning.remember(self.person, self.endpoint_id, self._connection.id, visit.seats)
        self.service.hub.leave(visit)


def _fragments(caller: Caller, command: Request, answer: Answer) -> list[Fragment]:
    if isinstance(answer, Refused):
        caller.session.service.denials[answer.reason] += 1
        return [refusal(caller.envid, command, code_for(answer.reason))]
    return answer
