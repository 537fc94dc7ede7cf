"""A dialog that we began: INVITE, ACK, INFO both ways, refreshing the session, BYE. The counterpart of `ua.uas`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Final, Protocol

from parlour.client.errors import ClientError, Disconnected, NotProvisioned, TimedOut, UnusableAnswer, sip_error
from parlour.client.line import USER_AGENT, Line
from parlour.sip.dialog import Dialog
from parlour.sip.errors import ProtocolError, RemoteProtocolError
from parlour.sip.sdp import message_session_offer
from parlour.sip.session_timer import SessionTimer, SessionTimerSettings, min_se_of
from parlour.ua.incoming import IncomingRequest
from parlour.xccos.media import ACCEPTED_TYPES, CONTENT_TYPE

if TYPE_CHECKING:
    from parlour.sip.message import Request, Response

__all__ = ["ChatDialog", "DialogListener"]

log = logging.getLogger(__name__)

ALLOW: Final = "ACK, BYE, INFO, UPDATE, OPTIONS"
"""What is understood in a dialog. Nobody can call the client, and a re-INVITE is refused."""
_GONE: Final = frozenset({404, 408, 410, 416, 480, 481, 482, 483, 484, 485, 604})
"""Answers inside a dialog that end it (RFC 5057 section 5.1)."""
_GOODBYE: Final = 2.0
_NOT_PROVISIONED: Final = "20010"


class DialogListener(Protocol):
    """Who hears what happens in a dialog."""

    def receive_body(self, body: bytes) -> None:
        """An INFO from the server, answered already. Must not raise."""
        ...

    def dialog_ended(self, reason: str) -> None:
        """Called once. Nothing can be sent any more."""
        ...


class ChatDialog:
    """Made by `invite`."""

    def __init__(self, line: Line, uri: str, listener: DialogListener) -> None:
        self.uri = uri
        self.ended: str | None = None
        self._line = line
        self._listener = listener
        self._dialog: Dialog | None = None
        self._timer: SessionTimer | None = None
        self._next_refresh = 0.0
        self._refreshing = False

    @classmethod
    async def invite(cls, line: Line, uri: str, listener: DialogListener) -> ChatDialog:
        """Call a chat service. Raises ClientError."""
        chat = cls(line, uri, listener)
        interval = line.settings.session_interval
        response = await chat._call(SessionTimerSettings(max(interval, 90)))
        if response.status == 422:
            least = min_se_of(response.headers)
            response = await chat._call(SessionTimerSettings(max(interval, least), least))
        if response.status >= 300:
            raise _refusal(response)
        if chat._dialog is None:
            raise UnusableAnswer("the answer to INVITE makes no dialog")
        return chat

    async def _call(self, session: SessionTimerSettings) -> Response:
        line = self._line
        request = line.new_request("INVITE", self.uri)
        headers = request.headers
        headers.add("Contact", line.contact)
        headers.add("Allow", ALLOW)
        for name, value in SessionTimer.request_headers(session):
            headers.add(name, value)
        headers.add("Content-Type", "application/sdp")
        request.body = message_session_offer(line.connection.local[0], line.account.uri, ACCEPTED_TYPES)
        return await line.ask(request, on_final=lambda response: self._answered(request, response))

    def _answered(self, request: Request, response: Response) -> None:
        """The dialog exists from the moment of the 2xx on: the server may speak at once."""
        if response.status >= 300 or self._dialog is not None:
            return
        line = self._line
        try:
            dialog = Dialog.from_invite_as_uac(request, response, secure=line.connection.secure)
            self._timer = SessionTimer.of_response(response, line.endpoint.clock())
            line.acknowledge(_named(dialog.build_request("ACK")))
        except (ProtocolError, Disconnected) as error:
            log.warning("the answer to INVITE cannot be used: %s", error)
            return
        self._dialog = dialog
        self._plan_refresh()
        line.endpoint.dialogs.add(dialog.call_id, dialog.local_tag, self)
        line.connection.add_close_callback(self._connection_lost)

    # -- out ---------------------------------------------------------------------------------------------------

    async def info(self, body: bytes) -> Response:
        """Send an INFO; its final answer. Raises Disconnected, TimedOut; either way, the dialog may have ended."""
        dialog = self._require()
        request = _named(dialog.build_request("INFO"))
        request.headers.add("Content-Type", CONTENT_TYPE)
        request.body = body
        try:
            response = await self._line.ask(request, dialog)
        except TimedOut as error:
            self.forget("no answer to INFO")
            raise Disconnected("no answer to INFO") from error
        if response.status in _GONE:
            self.forget(f"INFO was answered {response.status}")
            raise Disconnected(f"INFO was answered {response.status} {response.reason}")
        return response

    async def bye(self) -> None:
        """End the dialog. Never raises."""
        if self.ended is not None or self._dialog is None:
            return
        request = _named(self._dialog.build_request("BYE"))
        self.forget("closed")
        with contextlib.suppress(ClientError, TimeoutError):
            async with asyncio.timeout(_GOODBYE):
                await self._line.ask(request)

    def _require(self) -> Dialog:
        if self._dialog is None or self.ended is not None:
            raise Disconnected(self.ended or "no dialog")
        return self._dialog

    # -- in ----------------------------------------------------------------------------------------------------

    def receive(self, incoming: IncomingRequest) -> None:
        """A request of the server in this dialog."""
        dialog = self._dialog
        if incoming.request.method == "ACK" or dialog is None:
            incoming.dropped()
            return
        try:
            dialog.receive_request(incoming.request)
        except RemoteProtocolError as error:
            incoming.respond(error.status, error.reason)
            return
        method = incoming.request.method
        if method == "INFO":
            incoming.respond(200)
            self._listener.receive_body(incoming.request.body)
        elif method == "BYE":
            incoming.respond(200)
            self.forget(incoming.request.headers.get("Reason") or "BYE from the server")
        elif method in ("UPDATE", "OPTIONS"):
            self._alive()
            incoming.respond(200, headers=[("Contact", self._line.contact), ("Allow", ALLOW)])
        else:
            incoming.respond(405, headers=[("Allow", ALLOW)])

    # -- time --------------------------------------------------------------------------------------------------

    def handle_timer(self, now: float) -> None:
        """About once a second."""
        if self.ended is not None or self._timer is None:
            return
        if self._timer.expired(now):
            self.forget("session expired")
        elif now >= self._next_refresh and not self._refreshing:
            self._refresh()

    def _refresh(self) -> None:
        """UPDATE: tells both ends that the other one is there (RFC 4028 section 10, RFC 3311)."""
        if self._dialog is None or self._timer is None:
            return
        request = _named(self._dialog.build_request("UPDATE"))
        request.headers.add("Contact", self._line.contact)
        if self._timer.interval:
            request.headers.add("Supported", "timer")
            request.headers.add("Session-Expires", f"{self._timer.interval};refresher=uac")
        self._refreshing = True
        self._line.send(request, self._refreshed)

    def _refreshed(self, response: Response | None) -> None:
        if response is not None and response.status < 200:
            return
        self._refreshing = False
        if response is None or response.status in _GONE:
            self.forget("the session could not be refreshed")
        else:
            self._alive()

    def _alive(self) -> None:
        if self._timer is not None:
            self._timer.refreshed(self._line.endpoint.clock())
        self._plan_refresh()

    def _plan_refresh(self) -> None:
        due = self._line.endpoint.clock() + self._line.settings.keep_alive
        asked = self._timer.next_refresh() if self._timer is not None else None
        self._next_refresh = due if asked is None else min(due, asked)

    # -- the end -----------------------------------------------------------------------------------------------

    def _connection_lost(self, connection: object) -> None:
        self.forget("connection lost")

    def forget(self, reason: str) -> None:
        """The dialog is over; nothing is sent."""
        if self.ended is not None:
            return
        self.ended = reason
        dialog = self._dialog
        if dialog is not None:
            dialog.terminate()
            self._line.endpoint.dialogs.remove(dialog.call_id, dialog.local_tag)
        self._listener.dialog_ended(reason)


def _named(request: Request) -> Request:
    request.headers.add("User-Agent", USER_AGENT)
    return request


def _refusal(response: Response) -> ClientError:
    diagnostics = response.headers.get("ms-diagnostics") or ""
    if diagnostics.partition(";")[0].strip() == _NOT_PROVISIONED:
        return NotProvisioned(response.status, response.reason)
    return sip_error(response)
