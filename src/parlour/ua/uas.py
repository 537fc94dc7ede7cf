"""A dialog in which we are the callee: what lookup and channel have with each client.

It answers what is SIP's business (ACK, BYE, UPDATE, re-INVITE, OPTIONS, session refresh) and hands INFO to its
handler. It ends once, whatever ends it, and says so once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from parlour.sip.dialog import Dialog
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.session_timer import SessionTimer
from parlour.ua.connection import Connection
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest, MessageSigner
from parlour.ua.info_pipe import InfoPipe

if TYPE_CHECKING:
    from parlour.ua.endpoint import Endpoint

__all__ = ["ALLOW", "DialogHandler", "LocalService", "UasDialog"]

ALLOW = "INVITE, ACK, BYE, CANCEL, INFO, UPDATE, OPTIONS"


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


@dataclass(frozen=True, slots=True)
class AckWait:
    """How long a 200 to INVITE waits for its ACK (64*T1, RFC 3261 section 13.3.1.4)."""

    seconds: float = 32.0


class UasDialog:
    """Made by `Endpoint.accept_invite`. `pipe` pushes INFOs to the client; `identity` is who the client surely is."""

    __slots__ = (
        "_ack_deadline",
        "_endpoint",
        "_handler",
        "_timer",
        "connection",
        "dialog",
        "ended",
        "identity",
        "invited_uri",
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
        self._ack_deadline: float | None = endpoint.clock() + AckWait().seconds
        self.dialog = dialog
        self.identity: Identity = identity
        self.connection: Connection = incoming.connection
        self.signer: MessageSigner | None = incoming.signer
        self.invited_uri = incoming.request.to.uri
        self.ended = False
        self.pipe = InfoPipe(
            dialog,
            incoming.connection,
            token=token,
            clock=endpoint.clock,
            on_gone=self.forget,
            signer=endpoint.info_signer_for(incoming, dialog),
            settings=endpoint.pipeline_settings,
        )
        incoming.connection.add_close_callback(self._connection_lost)

    def push(self, bodies: Sequence[bytes]) -> None:
        """Send INFO bodies, in order."""
        self.pipe.push(bodies)

    # -- requests from the client ------------------------------------------------------------------------------

    def receive(self, incoming: IncomingRequest) -> None:
        """An in-dialog request, already authenticated."""
        if incoming.identity is None or incoming.identity.uri != self.identity.uri:
            incoming.respond(403, "Not Your Dialog")
            return
        method = incoming.request.method
        if method == "ACK":
            self._ack_deadline = None
            incoming.dropped()
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
        self.forget("BYE from the client")

    def _receive_refresh(self, incoming: IncomingRequest) -> None:
        """UPDATE or re-INVITE: refreshes the session and, the target being what it was, changes nothing else."""
        headers = [*self._timer.response_headers(), *self.contact_headers()]
        if incoming.request.method == "INVITE":
            self._ack_deadline = self._endpoint.clock() + AckWait().seconds
        incoming.respond(200, headers=headers)

    def _receive_options(self, incoming: IncomingRequest) -> None:
        incoming.respond(200, headers=[("Allow", ALLOW), ("Accept", "text/plain, application/sdp")])

    def contact_headers(self) -> list[tuple[str, str]]:
        return [("Contact", self._endpoint.contact_for(self.connection)), ("Allow", ALLOW)]

    # -- the end -----------------------------------------------------------------------------------------------

    def bye(self, reason: str = "closed by the server") -> None:
        """End the dialog from our side."""
        if self.ended:
            return
        if not self.connection.closed:
            request = self.dialog.build_request("BYE")
            request.headers.set("Reason", f'SIP;cause=200;text="{reason}"')
            self._endpoint.send_request(request, self.connection, _ignore, self.signer)
        self.forget(reason)

    def handle_timer(self, now: float) -> None:
        """About once a second."""
        self.pipe.tick(now)
        if self.ended:
            return
        if self._ack_deadline is not None and now >= self._ack_deadline:
            self.bye("no ACK")
        elif self._timer.expired(now):
            self.bye("session expired")

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


def _ignore(response: object) -> None:
    """The answer to our BYE changes nothing."""


_METHODS = {
    "INFO": UasDialog._receive_info,
    "BYE": UasDialog._receive_bye,
    "UPDATE": UasDialog._receive_refresh,
    "INVITE": UasDialog._receive_refresh,
    "OPTIONS": UasDialog._receive_options,
}
