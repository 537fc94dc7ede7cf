"""Drives the client side tables of `sip.transactions`: requests of ours that are not pushed INFOs (see `info_pipe`)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from enum import Enum
from typing import Protocol

from parlour.sip.fields import Headers
from parlour.sip.message import Request, Response
from parlour.sip.transactions.invite_client import InviteClient, ack_for
from parlour.sip.transactions.keys import client_key
from parlour.sip.transactions.machine import EventKind, State
from parlour.sip.transactions.non_invite_client import NonInviteClient
from parlour.sip.transactions.timers import Timers
from parlour.ua.connection import Connection
from parlour.ua.deadlines import Deadlines
from parlour.ua.incoming import MessageSigner

__all__ = ["ClientTransactions", "OnResponse", "Sending"]

OnResponse = Callable[[Response | None], None]
"""Called with each response, or with None: no answer in time, or the connection is lost."""

_LOST = (EventKind.TIMED_OUT, EventKind.TRANSPORT_FAILED)


class _Owner(Protocol):
    clock: Callable[[], float]


class _Cancel(Enum):
    """Whether an INVITE of ours is to be cancelled, or has been."""

    NOT_WANTED = "not wanted"
    WANTED = "wanted"
    SENT = "sent"


class Sending:
    """A request under way."""

    __slots__ = (
        "_cancel",
        "_transactions",
        "connection",
        "head",
        "key",
        "machine",
        "on_response",
        "signer",
    )

    def __init__(
        self,
        transactions: ClientTransactions,
        request: Request,
        connection: Connection,
        on_response: OnResponse,
        signer: MessageSigner | None,
    ) -> None:
        self._transactions = transactions
        self._cancel = _Cancel.NOT_WANTED
        # What ACK and CANCEL repeat. The body may be large, and is on its way.
        self.head = Request(request.method, request.uri, request.headers)
        self.connection = connection
        self.on_response = on_response
        self.signer = signer
        self.key = client_key(request)
        now = transactions.clock()
        wire = request.serialize()
        self.machine: InviteClient[bytes] | NonInviteClient[bytes]
        if request.method == "INVITE":
            self.machine = InviteClient(
                wire, make_ack=self._ack, now=now, timers=transactions.timers, reliable=connection.reliable
            )
        else:
            self.machine = NonInviteClient(wire, now=now, timers=transactions.timers, reliable=connection.reliable)

    def _ack(self, response: Response) -> bytes:
        ack = ack_for(self.head, response)
        if self.signer is not None:
            self.signer.sign(ack)
        return ack.serialize()

    def cancel(self) -> None:
        """Send CANCEL for an INVITE, now or as soon as a provisional response allows it (RFC 3261 section 9.1); nothing
        once there is a final response, or CANCEL was sent. 64*T1 after CANCEL no response is expected any more."""
        if self._cancel is _Cancel.NOT_WANTED and self.machine.state in (State.CALLING, State.PROCEEDING):
            self._cancel = _Cancel.WANTED
            self.cancel_if_wanted()

    def cancel_if_wanted(self) -> None:
        machine = self.machine
        if self._cancel is _Cancel.WANTED and isinstance(machine, InviteClient) and machine.state is State.PROCEEDING:
            self._cancel = _Cancel.SENT
            machine.cancel(self._transactions.clock())
            self._transactions.carry_out(self)
            self._transactions.send_cancel(self)

    def lose_connection(self, connection: Connection) -> None:
        self.machine.lose_transport(self._transactions.clock())
        self._transactions.carry_out(self)


class ClientTransactions:
    """All of a process's, by branch and method."""

    def __init__(self, owner: _Owner, timers: Timers) -> None:
        self.clock = owner.clock
        self.timers = timers
        self._sendings: dict[tuple[object, ...], Sending] = {}
        self._deadlines = Deadlines()

    def __len__(self) -> int:
        return len(self._sendings)

    def send(
        self, request: Request, connection: Connection, on_response: OnResponse, signer: MessageSigner | None
    ) -> Sending:
        """Put our Via on top, sign, send."""
        self._finish(request, connection, signer)
        return self._start(request, connection, on_response, signer)

    def send_alone(self, request: Request, connection: Connection, signer: MessageSigner | None) -> None:
        """A request that nobody answers: ACK for a 2xx, BENOTIFY."""
        self._finish(request, connection, signer)
        connection.send(request.serialize())

    def _finish(self, request: Request, connection: Connection, signer: MessageSigner | None) -> None:
        branch = "z9hG4bK" + secrets.token_hex(8)
        via = ("Via", f"SIP/2.0/{connection.transport} {connection.sent_by};branch={branch}")
        request.headers = Headers.of_wire([via, *request.headers])
        if signer is not None:
            signer.sign(request)

    def _start(
        self, request: Request, connection: Connection, on_response: OnResponse, signer: MessageSigner | None
    ) -> Sending:
        sending = Sending(self, request, connection, on_response, signer)
        self._sendings[sending.key] = sending
        connection.add_close_callback(sending.lose_connection)
        self.carry_out(sending)
        return sending

    def send_cancel(self, invite: Sending) -> None:
        """CANCEL is a request of its own that repeats the Via, and so the branch, of its INVITE."""
        request = ack_for(invite.head, Response(100, "", Headers([("To", invite.head.headers.get("To") or "")])))
        request.method = "CANCEL"
        request.headers.set("CSeq", f"{invite.head.cseq.number} CANCEL")
        if invite.signer is not None:
            invite.signer.sign(request)
        self._start(request, invite.connection, _ignore, invite.signer)

    def receive_response(self, connection: Connection, response: Response) -> bool:
        """Whether the response belongs to a transaction of ours (RFC 3261 section 17.1.3)."""
        sending = self._sendings.get(client_key(response))
        if sending is None or sending.connection is not connection:
            return False
        if response.status >= 200 and not _properly_signed(sending, response):
            return True
        sending.machine.receive_response(response, self.clock())
        self.carry_out(sending)
        return True

    def carry_out(self, sending: Sending) -> None:
        """Send, tell and schedule what the machine asks for."""
        machine = sending.machine
        for data in machine.take_outgoing():
            sending.connection.send(data)
        events = machine.take_events()
        if machine.terminated:
            if self._sendings.get(sending.key) is sending:
                del self._sendings[sending.key]
            sending.connection.remove_close_callback(sending.lose_connection)
        else:
            if sending.connection.reliable or machine.state is State.ACCEPTED:
                machine.forget_sent()  # nothing is repeated: what waits for its answer is small
            self._deadlines.add(machine.next_deadline(), sending.key)
        for event in events:
            if event.kind is EventKind.RESPONSE and isinstance(event.message, Response):
                sending.cancel_if_wanted()
                sending.on_response(event.message)
            elif event.kind in _LOST:
                sending.on_response(None)

    def handle_timer(self, now: float) -> None:
        for key in self._deadlines.take_due(now):
            sending = self._sendings.get(key)
            if sending is not None:
                sending.machine.handle_timer(now)
                self.carry_out(sending)

    def close(self) -> None:
        """Forget all; nobody is told."""
        self._sendings.clear()


def _properly_signed(sending: Sending, response: Response) -> bool:
    """A client that signs, signs its answers too (MS-SIPAE): one that does not fit is not from that client."""
    verify = getattr(sending.signer, "verify", None)
    return verify is None or bool(verify(response))


def _ignore(response: Response | None) -> None:
    """The INVITE's own transaction tells how it ended."""
