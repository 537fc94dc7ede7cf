"""The endpoint: SIP with sockets. Listens, cuts messages out of connections, runs transactions, finds dialogs.

One per process. What a request means is decided above (`on_request`); what SIP demands whatever it means is done here.
The way of a 200 to one of our INFOs is short on purpose: `sip.peek`, and the pipe named by the branch.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parlour.sip.dialog import Dialog
from parlour.sip.errors import FramingError, RemoteProtocolError
from parlour.sip.framing import KEEP_ALIVE, PONG, Frame
from parlour.sip.limits import SipLimits
from parlour.sip.message import Request, Response, parse_message, salvage_headers
from parlour.sip.peek import InfoAnswer, peek_info_answer
from parlour.sip.pipeline import BRANCH_COOKIE, InfoSigner, PipelineSettings
from parlour.sip.session_timer import SessionTimer, SessionTimerSettings
from parlour.sip.transactions.timers import Timers
from parlour.ua.client_transactions import ClientTransactions, OnResponse
from parlour.ua.connection import Connection, ConnectionSettings, Tracer, format_host_port
from parlour.ua.dialogs import DialogTable
from parlour.ua.incoming import IncomingRequest, MessageSigner, note_source
from parlour.ua.info_pipe import InfoPipe
from parlour.ua.offers import answer_offer
from parlour.ua.server_transactions import ServerTransactions
from parlour.ua.sockets import Sockets
from parlour.ua.uas import DialogHandler, PreparedDialog, UasDialog

__all__ = ["Endpoint", "EndpointCounters", "EndpointSettings"]

log = logging.getLogger(__name__)

_TICK = 0.25
_COOKIE = len(BRANCH_COOKIE)


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """`session` bounds session timers; the rest are the caps of each part."""

    limits: SipLimits = field(default_factory=SipLimits)
    timers: Timers = field(default_factory=Timers)
    connection: ConnectionSettings = field(default_factory=ConnectionSettings)
    pipeline: PipelineSettings = field(default_factory=PipelineSettings)
    session: SessionTimerSettings = field(default_factory=lambda: SessionTimerSettings(min_se=180))


@dataclass(slots=True)
class EndpointCounters:
    """For the metrics page; plain numbers, read when somebody asks."""

    accepted: int = 0
    requests: int = 0
    responses: int = 0
    malformed: int = 0
    strays: int = 0
    """Responses that belong to no transaction of ours."""
    undelivered: int = 0
    """INFOs of ours that waited or were not answered when their dialog ended."""


class Endpoint:
    """`on_request` gets every request that is new, well-formed and no ACK to a refusal or CANCEL of something
    unknown."""

    def __init__(
        self,
        on_request: Callable[[IncomingRequest], None],
        *,
        settings: EndpointSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        new_tag: Callable[[], str] = lambda: secrets.token_hex(5),
        tracer: Tracer | None = None,
    ) -> None:
        self.settings = settings or EndpointSettings()
        self.clock = clock
        self.new_tag = new_tag
        self._tracer = tracer
        self.pipeline_settings = self.settings.pipeline
        self.datagram_pipeline_settings = replace(self.settings.pipeline, window=1)
        self.dialogs = DialogTable()
        self.counters = EndpointCounters()
        self._on_request = on_request
        self._servers = ServerTransactions(self, self.settings.timers)
        self._clients = ClientTransactions(self, self.settings.timers)
        self._pipes: dict[bytes, InfoPipe] = {}
        self._pipe_serial = 0
        # Distinguishes branches of this process from those of its predecessor, whose answers may still arrive.
        self._incarnation = secrets.token_hex(4)
        self._sockets = Sockets(self, self.settings.limits, self.settings.connection, clock)
        self._ticker: asyncio.TimerHandle | None = None
        self._next_second = 0.0
        limits = self.settings.limits
        # A message refused for its size can be answered all the same, if its head can be read with looser limits.
        self._salvaging = replace(limits, start_line=limits.head, header_line=limits.head, header_count=limits.head)

    @property
    def answers(self) -> Mapping[int, int]:
        """Final answers given so far, by status."""
        return self._servers.answers

    # -- sockets -----------------------------------------------------------------------------------------------

    async def listen(
        self, transport: str, host: str, port: int, ssl_context: ssl.SSLContext | None = None
    ) -> tuple[str, int]:
        """Listen for TCP, TLS, WS, WSS or UDP; the address bound, which matters when `port` is 0. Raises OSError."""
        self._start_ticking()
        return await self._sockets.listen(transport, host, port, ssl_context)

    async def connect(
        self,
        transport: str,
        host: str,
        port: int,
        ssl_context: ssl.SSLContext | None = None,
        *,
        server_name: str | None = None,
    ) -> Connection:
        """Open a connection to somebody (TCP or TLS), or stand for a UDP peer. `server_name`: the name a certificate
        has to carry, if that is not `host` (RFC 5922 section 7.1). Raises OSError."""
        self._start_ticking()
        return await self._sockets.connect(transport, host, port, ssl_context, server_name)

    def stop_listening(self) -> None:
        """Take no more connections; those that exist go on."""
        self._sockets.stop_listening()

    async def close(self) -> None:
        """Close everything. Dialogs end; their owners hear it."""
        if self._ticker is not None:
            self._ticker.cancel()
            self._ticker = None
        await self._sockets.close()
        self._clients.close()
        await asyncio.sleep(0)

    @property
    def connections(self) -> frozenset[Connection]:
        return frozenset(self._sockets.connections)

    @property
    def connection_count(self) -> int:
        return len(self._sockets.connections)

    # -- FrameSink -----------------------------------------------------------------------------------------------

    def connected(self, connection: Connection) -> None:
        self._sockets.add(connection)
        self.counters.accepted += 1
        connection.last_read = self.clock()
        connection.tracer = self._tracer

    def disconnected(self, connection: Connection) -> None:
        self._sockets.discard(connection)
        self._servers.lose_connection(connection)

    def receive_answers(self, connection: Connection, answers: Sequence[InfoAnswer]) -> None:
        """What arrives most: answers to pushed INFOs, in the order they came."""
        pipes = self._pipes
        connection.last_read = now = self.clock()
        if connection.tracer is not None:
            connection.tracer.received(connection, [_whole(answer) for answer in answers])
        for answer in answers:
            token, cseq, head = answer
            pipe = pipes.get(token)
            if pipe is None:
                if not self._receive_frame(connection, _whole(answer)):
                    return
            elif pipe.connection is connection:
                pipe.take_response(cseq, 200, head, now)

    def receive_frames(self, connection: Connection, frames: Sequence[Frame]) -> None:
        """Whole messages, in the order they came."""
        connection.last_read = now = self.clock()
        if connection.tracer is not None:
            connection.tracer.received(connection, frames)
        for frame in frames:
            answer = peek_info_answer(frame.head)
            pipe = self._pipes.get(answer[0]) if answer is not None else None
            if answer is not None and pipe is not None:
                if pipe.connection is connection:
                    pipe.take_response(answer[1], 200, frame.head, now)
            elif frame is KEEP_ALIVE:
                connection.send(PONG)
            elif not self._receive_frame(connection, frame):
                return

    def _receive_frame(self, connection: Connection, frame: Frame) -> bool:
        """Whether there is any sense in looking at what follows."""
        try:
            return self._receive_message(connection, frame)
        except FramingError as error:
            # What follows may be part of a body as the peer, or somebody between us, counts it.
            error.head = frame.head
            self.framing_failed(connection, error)
            return False

    def framing_failed(self, connection: Connection, error: FramingError) -> None:
        """Answer if there is something to answer. A stream cannot be trusted any more and is closed."""
        self.counters.malformed += 1
        answered = self._answer_malformed(connection, error.head, error)
        if connection.stream or (connection.reliable and not answered):
            log.warning("unusable bytes from %s: %s; closing", connection, error)
            connection.close()

    def _receive_message(self, connection: Connection, frame: Frame) -> bool:
        try:
            message = parse_message(frame.head, frame.body, self.settings.limits)
            message.check()
        except FramingError:
            raise
        except RemoteProtocolError as error:
            return self._receive_malformed(connection, frame.head, error)
        if isinstance(message, Request):
            self.counters.requests += 1
            self._receive_request(connection, message)
        else:
            self.counters.responses += 1
            self._receive_response(connection, frame.head, message)
        return True

    def _receive_malformed(self, connection: Connection, head: bytes, error: RemoteProtocolError) -> bool:
        """A request is answered, or its sender is told goodbye (then False); of a response or an ACK nothing comes (RFC
        3261 section 8.1.3 and 17.1.1.3)."""
        self.counters.malformed += 1
        if head[:4].upper() in (b"SIP/", b"ACK ") or self._answer_malformed(connection, head, error):
            log.info("malformed message from %s: %s", connection, error)
        elif connection.reliable:
            log.warning("unusable message from %s: %s; closing", connection, error)
            connection.close()
            return False
        return True

    def _receive_response(self, connection: Connection, head: bytes, response: Response) -> None:
        """One that `sip.peek` left alone: not for a pipe, or for a pipe but no 200, or spelled unusually."""
        if self._clients.receive_response(connection, response):
            return
        token, _, cseq = (response.via.branch or "").encode("utf-8", "replace")[_COOKIE:].partition(b".")
        pipe = self._pipes.get(token)
        if pipe is not None and pipe.connection is connection and cseq.isdigit():
            pipe.take_response(int(cseq), response.status, head, self.clock())
        else:
            self.counters.strays += 1

    def _receive_request(self, connection: Connection, request: Request) -> None:
        note_source(connection, request)
        incoming = self._servers.receive_request(connection, request)
        if incoming is None:
            return
        self._on_request(incoming)
        if incoming.identity is not None and not connection.trusted:
            self._sockets.trust(connection)

    def _answer_malformed(self, connection: Connection, head: bytes, error: RemoteProtocolError) -> bool:
        """RFC 3261 section 8.2: whether the request could be answered; an ACK and a response never are."""
        headers = salvage_headers(head, self._salvaging) if head else None
        if headers is None or head.startswith(b"ACK "):
            return False
        try:
            response = Response.to_request(headers, error.status, error.reason, to_tag=self.new_tag())
        except RemoteProtocolError:
            return False  # not even a To to put a tag on: nothing that can be answered
        connection.send(response.serialize())
        return True

    # -- what others send ----------------------------------------------------------------------------------------

    def send_request(
        self,
        request: Request,
        connection: Connection,
        on_response: OnResponse,
        signer: MessageSigner | None = None,
    ) -> Any:
        """Send a request in a client transaction of its own. `on_response` gets each response (an INVITE may have
        several), or None when there is none in time or the connection is lost. The handle returned has `cancel()`."""
        return self._clients.send(request, connection, on_response, signer)

    def send_ack(self, request: Request, connection: Connection, signer: MessageSigner | None = None) -> None:
        """Send an ACK for a 2xx, or a BENOTIFY: requests that get no response (no transaction)."""
        self._clients.send_alone(request, connection, signer)

    def accept_invite(
        self, incoming: IncomingRequest, handler: DialogHandler, headers: Sequence[tuple[str, str]] = ()
    ) -> UasDialog | None:
        """Answer an INVITE with 200 and enter the dialog; None if it had to be refused (it is answered then)."""
        prepared = self.prepare_dialog(incoming, handler)
        return None if prepared is None else self.begin_dialog(prepared, headers)

    def prepare_dialog(self, incoming: IncomingRequest, handler: DialogHandler) -> PreparedDialog | None:
        """First half of `accept_invite`: None if the INVITE had to be refused. What is not begun is simply let go."""
        request = incoming.request
        try:
            timer = SessionTimer.negotiate(request, self.settings.session, self.clock())
            dialog = Dialog.from_invite_as_uas(request, incoming.local_tag, secure=incoming.connection.secure)
            answer = answer_offer(incoming)
            self._pipe_serial += 1
            token = f"{self._incarnation}{self._pipe_serial:x}".encode()
            uas = UasDialog(self, incoming, dialog, handler, timer, token)
        except RemoteProtocolError as error:
            self.refuse_offer(incoming, error)
            return None
        return PreparedDialog(uas, incoming, [*uas.contact_headers(), *timer.response_headers()], answer)

    def begin_dialog(self, prepared: PreparedDialog, headers: Sequence[tuple[str, str]] = ()) -> UasDialog:
        """Second half of `accept_invite`: the 200."""
        uas = prepared.uas
        self._pipes[uas.pipe.token] = uas.pipe
        self.dialogs.add(uas.dialog.call_id, uas.dialog.local_tag, uas)
        self.dialogs.add_invite(uas.invite)
        uas.begin([*prepared.headers, *headers], prepared.answer, prepared.incoming)
        return uas

    def refuse_offer(self, incoming: IncomingRequest, error: RemoteProtocolError) -> None:
        """Refuse an INVITE or UPDATE, with what the caller needs to know to do better."""
        more: list[tuple[str, str]] = []
        if error.status == 422:
            more.append(("Min-SE", str(max(self.settings.session.min_se, 90))))
        elif error.status == 415:
            more.append(("Accept", "application/sdp"))
        incoming.respond(error.status, error.reason, headers=more)

    def dialog_over(self, uas: UasDialog) -> None:
        """For `UasDialog`: forget it."""
        self.counters.undelivered += uas.pipe.unconfirmed
        self._pipes.pop(uas.pipe.token, None)
        self.dialogs.remove(uas.dialog.call_id, uas.dialog.local_tag)
        self.dialogs.remove_invite(uas.invite)

    def info_signer_for(self, incoming: IncomingRequest, dialog: Dialog) -> InfoSigner | None:
        """How the INFOs of a dialog are signed: by the security association its INVITE came with, if there is one."""
        make = getattr(incoming.signer, "info_signer", None)
        if make is None:
            return None
        signer: InfoSigner = make(
            dialog.call_id, dialog.local_uri, dialog.local_tag, dialog.remote_uri, dialog.remote_tag
        )
        return signer

    def contact_for(self, connection: Connection) -> str:
        """Our Contact as seen on a connection."""
        transport = connection.transport.lower()
        return f"<sip:{format_host_port(connection.local)};transport={transport}>"

    # -- time ------------------------------------------------------------------------------------------------------

    def _start_ticking(self) -> None:
        if self._ticker is None:
            self._ticker = asyncio.get_running_loop().call_later(_TICK, self._tick)

    def _tick(self) -> None:
        """One timer for everything that has deadlines."""
        loop = asyncio.get_running_loop()
        self._ticker = loop.call_later(_TICK, self._tick)
        now = self.clock()
        self._servers.handle_timer(now)
        self._clients.handle_timer(now)
        if now >= self._next_second:
            self._next_second = now + 1.0
            self._tick_dialogs(iter(self.dialogs), loop)
            self._sockets.tick(now)

    def _tick_dialogs(self, rest: Any, loop: asyncio.AbstractEventLoop) -> None:
        """A thousand dialogs at a time, so that no loop turn is held for long."""
        now = self.clock()
        for count, receiver in enumerate(rest, 1):
            try:
                receiver.handle_timer(now)
            except Exception:
                # One dialog must not stop the clock of all others.
                log.exception("a dialog failed when its time came")
            if count == 1000:
                loop.call_soon(self._tick_dialogs, rest, loop)
                return


def _whole(answer: InfoAnswer) -> Frame:
    return Frame(answer[2] + b"\r\n", b"")
