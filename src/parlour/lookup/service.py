"""The lookup service's end of a dialog: INVITE, `cmd:requri`, reply, BYE."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from parlour.lookup.choose import ChannelLoad, least_loaded
from parlour.ua.endpoint import Endpoint
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import UasDialog
from parlour.xccos.codes import ResponseCode
from parlour.xccos.encode import Fragment, envelopes, refusal, request_uri_reply, room_refusal
from parlour.xccos.errors import XccosError
from parlour.xccos.media import decode_body, refusal_headers
from parlour.xccos.types import BadCommand, GroupChat, Request, RequestUri, is_lone_post

__all__ = ["LookupService"]

MAX_SECONDS: Final = 60.0
"""How long a dialog may stay open; a client asks once and hangs up. docs/protocol/sessions.md, "Beginning"."""
MAX_OF_PERSON: Final = 16
"""Dialogs of one person at a time: as many as endpoints may sign in."""


class LookupService:
    """Answers at `sip:ocschat@<domain>`. `loads` lists the channel services as they are now; `turns_away` refuses an
    INVITE of somebody who may not chat, and says whether it did; `refuse_stray` answers an INFO of a session that is
    not there; `sessions` bounds the dialogs open at a time. An endpoint has one; another call takes its place."""

    def __init__(
        self,
        endpoint: Endpoint,
        loads: Callable[[], Sequence[ChannelLoad]],
        next_envid: Callable[[], int],
        turns_away: Callable[[IncomingRequest], bool],
        refuse_stray: Callable[[IncomingRequest], None],
        *,
        sessions: int = 10_000,
    ) -> None:
        self._endpoint = endpoint
        self._loads = loads
        self._next_envid = next_envid
        self._turns_away = turns_away
        self.refuse_stray = refuse_stray
        self._most = sessions
        self._open = 0
        self._by_person: dict[str, dict[str, _LookupSession]] = {}

    def handle_invite(self, incoming: IncomingRequest) -> None:
        """Accept the dialog of somebody who may chat.

        COMPAT: refused here, SIPE gives group chat up until it signs in again; refused by the channel service alone, it
        would begin anew every five minutes."""
        self._accept(incoming, stands_in=False)

    def stand_in(self, incoming: IncomingRequest) -> None:
        """Accept a call to a channel service that takes nobody just now.

        COMPAT: SIPE calls the address that provisioning told it in order to ask for one. Refused there it gives group
        chat up until it signs in again; told no address it asks again every five minutes. That it is connected it may
        not believe: whatever else it asks is answered 481, after which it looks up anew."""
        self._accept(incoming, stands_in=True)

    def _accept(self, incoming: IncomingRequest, *, stands_in: bool) -> None:
        if self._turns_away(incoming):
            return
        identity = incoming.identity
        assert identity is not None
        # A client that names no endpoint has one dialog per connection.
        endpoint = identity.endpoint or f"connection:{incoming.connection.id}"
        session = _LookupSession(self, identity.uri, endpoint, stands_in=stands_in)
        before = self._predecessor(session)
        if before is None and self._open >= self._most:
            incoming.respond(503, headers=[("Retry-After", "5")])
            return
        prepared = self._endpoint.prepare_dialog(incoming, session)
        if prepared is None:
            return
        if before is not None:
            before.hang_up()
        session.dialog = prepared.uas
        session.dialog.ends_at = self._endpoint.clock() + MAX_SECONDS
        self._open += 1
        self._by_person.setdefault(session.person, {})[session.endpoint] = session
        self._endpoint.begin_dialog(prepared)

    def _predecessor(self, session: _LookupSession) -> _LookupSession | None:
        """Whose place it takes: the endpoint's own, or the oldest of a person who has as many as may be."""
        of_person = self._by_person.get(session.person, {})
        before = of_person.get(session.endpoint)
        if before is None and len(of_person) >= MAX_OF_PERSON:
            before = next(iter(of_person.values()))
        return before

    def session_over(self, session: _LookupSession) -> None:
        """For `_LookupSession`: its dialog has ended."""
        self._open -= 1
        of_person = self._by_person[session.person]
        del of_person[session.endpoint]
        if not of_person:
            del self._by_person[session.person]

    def answer(self, envid: int, command: Request, *, stands_in: bool = False) -> Fragment:
        """The reply to one command."""
        if isinstance(command, BadCommand):
            return refusal(envid, command, command.code)
        if isinstance(command, GroupChat):
            return room_refusal(envid, command, ResponseCode.MSG_NOT_SUPPORTED, command.room_uri)
        if not isinstance(command, RequestUri):
            return refusal(envid, command, ResponseCode.MSG_NOT_SUPPORTED)
        uri = None if stands_in else least_loaded(self._loads())
        if uri is None:
            # COMPAT: SIPE asks again in five minutes when there is no URI.
            return refusal(envid, command, ResponseCode.SERVER_BUSY)
        return request_uri_reply(envid, command, uri)

    def bodies(self, fragments: Sequence[Fragment]) -> list[bytes]:
        return envelopes(self._next_envid, fragments)


class _LookupSession:
    """One caller."""

    __slots__ = ("_service", "_stands_in", "dialog", "endpoint", "person")

    def __init__(self, service: LookupService, person: str, endpoint: str, *, stands_in: bool) -> None:
        self._service = service
        self._stands_in = stands_in
        self.person = person
        self.endpoint = endpoint
        self.dialog: UasDialog | None = None

    def receive_info(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        try:
            envelope = decode_body(request.content_type, request.body)
        except XccosError as error:
            incoming.respond(error.status, error.reason, headers=refusal_headers(error))
            return
        if self._stands_in and not all(isinstance(one, RequestUri) for one in envelope.primitives):
            self._service.refuse_stray(incoming)
            if self.dialog is not None:
                self.dialog.forget("taken for a session")
            return
        if is_lone_post(envelope):
            # Nothing is kept here. COMPAT: SIPE reads no other refusal of a post than the status.
            incoming.respond(403, ResponseCode.MSG_NOT_SUPPORTED.text)
            return
        incoming.respond(200)
        if self.dialog is not None:
            stands_in, ask = self._stands_in, self._service.answer
            answers = [ask(envelope.envid, one, stands_in=stands_in) for one in envelope.primitives]
            self.dialog.push(self._service.bodies(answers))

    def hang_up(self) -> None:
        if self.dialog is not None:
            self.dialog.bye("called again")

    def dialog_ended(self, reason: str) -> None:
        if self.dialog is not None:
            self.dialog = None
            self._service.session_over(self)
