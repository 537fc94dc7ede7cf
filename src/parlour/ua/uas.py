"""A dialog in which we are the callee: what lookup and channel have with each client.

It answers what is SIP's business (ACK, BYE, UPDATE, re-INVITE, OPTIONS, session refresh) and hands INFO to its
handler. It ends once, whatever ends it, and says so once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from parlour.sip.dialog import Dialog
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Response
from parlour.sip.session_timer import SessionTimer
from parlour.ua.connection import Connection
from parlour.ua.dialogs import invite_key
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest, MessageSigner
from parlour.ua.info_pipe import DatagramInfoPipe, InfoPipe
from parlour.ua.offers import MESSAGE_TYPES, answer_offer

if TYPE_CHECKING:
    from parlour.ua.endpoint import Endpoint

__all__ = ["ALLOW", "HUNG_UP", "DialogHandler", "LocalService", "PreparedDialog", "UasDialog", "capabilities"]

HUNG_UP = "BYE from the client"
"""The reason why a dialog ended that its peer ended."""
ALLOW = "INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS"


def capabilities() -> list[tuple[str, str]]:
    """What the answer to an OPTIONS says of a service, inside a dialog or outside (RFC 3261 section 11.2)."""
    return [("Allow", ALLOW), ("Accept", ", ".join((*MESSAGE_TYPES, "application/sdp"))), ("Supported", "timer")]


class LocalService(Protocol):
    """A user agent inside this process, reached at a SIP URI of its own (lookup, channel)."""

    def handle_invite(self, incoming: IncomingRequest) -> None: ...


class DialogHandler(Protocol):
    """What a service wants to know of one dialog."""

    def receive_info(self, incoming: IncomingRequest) -> None:
        """An INFO in order; must be answered through `incoming.respond`, now or later."""
        ...

    def dialog_ended(self, reason: str) -> None:
        """Called once. Nothing can be sent any more."""
        ...


_ACK_WAIT = 32.0
"""Seconds a 200 to INVITE waits for its ACK (64*T1, RFC 3261 section 13.3.1.4)."""
_REPEATS = (1.0, 4.0)
"""Seconds after which that 200 is said again: first, and at most. About T1 and T2, as we look once a second."""


class UasDialog:
    """Made by `Endpoint.prepare_dialog`. `pipe` pushes INFOs to the client; `identity` is who the client surely is;
    `ends_with_bye`: a peer that was lost, or has not refreshed the session, is sent a BYE."""

    __slots__ = (
        "_ack_deadline",
        "_endpoint",
        "_handler",
        "_refreshing",
        "_repeat_after",
        "_repeat_at",
        "_timer",
        "_unacknowledged",
        "connection",
        "dialog",
        "ended",
        "ends_at",
        "ends_with_bye",
        "identity",
        "invite",
        "pipe",
        "signer",
    )

    def __init__(
        self,
        endpoint: Endpoint,
        incoming: IncomingRequest,
        dialog: Dialog,
        handler: DialogHandler,
        timer: SessionTimer,
        token: bytes,
    ) -> None:
        identity = incoming.identity
        if identity is None:
            raise RuntimeError("a dialog needs an authenticated caller")
        self._endpoint = endpoint
        self._handler = handler
        self._timer = timer
        self._ack_deadline: float | None = endpoint.clock() + _ACK_WAIT
        self._unacknowledged = b""
        self._repeat_at = self._repeat_after = 0.0
        self._refreshing = False
        self.dialog = dialog
        self.invite = invite_key(incoming)
        self.identity: Identity = identity
        self.connection: Connection = incoming.connection
        self.signer: MessageSigner | None = incoming.signer
        self.ends_with_bye = True
        self.ended = False
        # When it is hung up, by the endpoint's clock, whatever was said in it; None: never.
        self.ends_at: float | None = None
        reliable = incoming.connection.reliable
        self.pipe = (InfoPipe if reliable else DatagramInfoPipe)(
            dialog,
            incoming.connection,
            token=token,
            clock=endpoint.clock,
            on_gone=self._lost,
            signer=endpoint.info_signer_for(incoming, dialog),
            settings=endpoint.pipeline_settings if reliable else endpoint.datagram_pipeline_settings,
        )

    def begin(self, headers: Sequence[tuple[str, str]], answer: bytes, incoming: IncomingRequest) -> None:
        """Enter the dialog with a 200 to its INVITE. Before that nothing outside knows of it."""
        self.connection.add_close_callback(self._connection_lost)
        self.accept(headers, answer, incoming)

    def accept(self, headers: Sequence[tuple[str, str]], answer: bytes, incoming: IncomingRequest) -> None:
        """Say 200 to an INVITE. It is said again until the ACK comes, over whatever transport: there may be an
        unreliable one behind the next hop (RFC 3261 section 13.3.1.4)."""
        response = incoming.build_response(
            200, headers=headers, body=answer, content_type="application/sdp" if answer else None
        )
        now = self._endpoint.clock()
        incoming.send_response(response)
        self._ack_deadline, self._unacknowledged = now + _ACK_WAIT, response.serialize()
        self._repeat_after = _REPEATS[0]
        self._repeat_at = now + self._repeat_after

    def push(self, bodies: Sequence[bytes]) -> None:
        """Send INFO bodies, in order."""
        self.pipe.push(bodies)

    # -- requests from the client ------------------------------------------------------------------------------

    def receive(self, incoming: IncomingRequest) -> None:
        """An in-dialog request, already authenticated."""
        mine = incoming.identity is not None and incoming.identity.uri == self.identity.uri
        method = incoming.request.method
        if method == "ACK":
            if mine:
                self._ack_deadline, self._unacknowledged = None, b""
            incoming.dropped()
            return
        if not mine:
            incoming.respond(403, "Not Your Dialog")
            return
        try:
            self.dialog.receive_request(incoming.request)
        except RemoteProtocolError as error:
            incoming.respond(error.status, error.reason)
            return
        self._timer.refreshed(self._endpoint.clock())
        receive = _METHODS.get(method)
        if receive is None:
            incoming.respond(405, headers=[("Allow", ALLOW)])
        else:
            receive(self, incoming)

    def _receive_info(self, incoming: IncomingRequest) -> None:
        self._handler.receive_info(incoming)

    def _receive_bye(self, incoming: IncomingRequest) -> None:
        incoming.respond(200)
        self.forget(HUNG_UP)

    def _receive_refresh(self, incoming: IncomingRequest) -> None:
        """UPDATE or re-INVITE: refreshes the session, may agree on another interval (RFC 4028 section 9), and may move
        the target (`Dialog` has noted it). COMPAT: SIPE's UPDATE says nothing of all that; the interval stays."""
        request = incoming.request
        try:
            if "Session-Expires" in request.headers:
                self._timer = SessionTimer.negotiate(request, self._endpoint.settings.session, self._endpoint.clock())
            answer = answer_offer(incoming) if request.body or request.method == "INVITE" else b""
        except RemoteProtocolError as error:
            self._endpoint.refuse_offer(incoming, error)
            return
        self.pipe.retarget()
        headers = [*self._timer.response_headers(), *self.contact_headers()]
        if request.method == "INVITE":
            self.accept(headers, answer, incoming)
        else:
            incoming.respond(200, headers=headers, body=answer, content_type="application/sdp" if answer else None)

    def _receive_options(self, incoming: IncomingRequest) -> None:
        incoming.respond(200, headers=capabilities())

    def contact_headers(self) -> list[tuple[str, str]]:
        return [("Contact", self._endpoint.contact_for(self.connection)), ("Allow", ALLOW)]

    # -- the end -----------------------------------------------------------------------------------------------

    def bye(self, reason: str = "closed by the server", headers: Sequence[tuple[str, str]] = ()) -> None:
        """End the dialog from our side. `headers`: what else the BYE says."""
        if self.ended:
            return
        if not self.connection.closed:
            request = self.dialog.build_request("BYE")
            request.headers.set("Reason", f'SIP;cause=200;text="{reason}"')
            for name, value in headers:
                request.headers.add(name, value)
            self._endpoint.send_request(request, self.connection, _ignore, self.signer)
        self.forget(reason)

    def handle_timer(self, now: float) -> None:
        """About once a second."""
        if not self.ended:
            self.pipe.tick(now)
        if self.ended:
            return
        if self._unacknowledged and now >= self._repeat_at:
            self.connection.send(self._unacknowledged)
            self._repeat_after = min(2 * self._repeat_after, _REPEATS[1])
            self._repeat_at = now + self._repeat_after
        if self._ack_deadline is not None and now >= self._ack_deadline:
            self.bye("no ACK")
        elif self.ends_at is not None and now >= self.ends_at:
            self.bye("open for too long")
        elif self._timer.expired(now):
            self._expire()
        elif not self._refreshing and (due := self._timer.next_refresh()) is not None and now >= due:
            self._refresh()

    def _expire(self) -> None:
        """Nobody refreshed the session in time: BYE (RFC 4028 section 10), or 481 to whatever still comes.

        COMPAT: SIPE does not come back after a BYE, but at once after a 481."""
        if self.ends_with_bye:
            self.bye("session expired")
        else:
            self.forget("session expired")

    def _refresh(self) -> None:
        """Our turn to refresh the session: the caller insisted on it (RFC 4028 section 10)."""
        self._refreshing = True
        request = self.dialog.build_request("UPDATE")
        for name, value in [
            ("Supported", "timer"),
            ("Session-Expires", f"{self._timer.interval};refresher=uac"),
            *self.contact_headers(),
        ]:
            request.headers.add(name, value)
        self._endpoint.send_request(request, self.connection, self._refreshed, self.signer)

    def _refreshed(self, response: Response | None) -> None:
        if response is not None and response.status < 200:
            return
        self._refreshing = False
        if response is None or response.status in (408, 481):
            silent = response is None or response.status == 408
            self._lost("no answer to UPDATE" if silent else "answered 481", unanswered=silent)
        else:
            # Whatever else was answered, somebody was there to answer it.
            self._timer.refreshed(self._endpoint.clock())

    def _lost(self, reason: str, *, unanswered: bool) -> None:
        """The peer does not know the dialog any more, or has not answered a request of ours: BYE then (RFC 3261 section
        12.2.1.2), as it may be there again.

        COMPAT: SIPE does not come back after a BYE; left alone it would take itself for connected until it has
        something to ask, for half an hour perhaps. When its connection is closed it signs in and joins its rooms."""
        if self.ended:
            return
        if unanswered and self.ends_with_bye:
            self.bye(reason)
            return
        self.forget(reason)
        if unanswered and self.connection.reliable:
            self.connection.close()

    def _connection_lost(self, connection: Connection) -> None:
        self.forget("connection lost")

    def forget(self, reason: str) -> None:
        """The dialog is over; nothing is sent."""
        if self.ended:
            return
        self.ended = True
        self.dialog.terminate()
        self.pipe.close()
        self.connection.remove_close_callback(self._connection_lost)
        self._endpoint.dialog_over(self)
        self._handler.dialog_ended(reason)


class PreparedDialog(NamedTuple):
    """A dialog that may be entered: SIP has nothing against its INVITE, which is not answered yet. `headers` and
    `answer` are for the 200."""

    uas: UasDialog
    incoming: IncomingRequest
    headers: list[tuple[str, str]]
    answer: bytes


def _ignore(response: object) -> None:
    """The answer to our BYE changes nothing."""


_METHODS = {
    "INFO": UasDialog._receive_info,
    "BYE": UasDialog._receive_bye,
    "UPDATE": UasDialog._receive_refresh,
    "INVITE": UasDialog._receive_refresh,
    "OPTIONS": UasDialog._receive_options,
}
