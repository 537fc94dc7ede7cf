"""Drives the server side tables of `sip.transactions`: which request is new, which was seen before, who gets the
ACK."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final, Protocol

from parlour.sip.message import Request, Response
from parlour.sip.transactions.invite_server import InviteServer
from parlour.sip.transactions.keys import cancelled_key, server_key
from parlour.sip.transactions.machine import EventKind, Machine, State
from parlour.sip.transactions.non_invite_server import NonInviteServer
from parlour.sip.transactions.timers import Timers
from parlour.ua.connection import Connection
from parlour.ua.deadlines import Deadlines
from parlour.ua.incoming import IncomingRequest

__all__ = ["ServerTransactions"]

log = logging.getLogger(__name__)

MAX_OPEN: Final = 2048
"""Requests of one connection that wait for an answer, or whose answer may have to be said again, at a time;
docs/protocol/sip.md, "Connections"."""

_ACK = EventKind.ACK

Key = tuple[object, ...]
_Machine = InviteServer[bytes] | NonInviteServer[bytes]


class _Owner(Protocol):
    clock: Callable[[], float]
    new_tag: Callable[[], str]


class ServerTransactions:
    """All of a process's. A transaction belongs to the connection its request came on: two clients may well use the
    same branch."""

    def __init__(self, owner: _Owner, timers: Timers) -> None:
        self.new_tag = owner.new_tag
        self._clock = owner.clock
        self._timers = timers
        # By connection, then by key: all of a connection's end with it.
        self._machines: dict[Connection, dict[Key, _Machine]] = {}
        self._deadlines = Deadlines()
        self.answers: dict[int, int] = {}
        """Final answers given, by status."""

    def __len__(self) -> int:
        return sum(map(len, self._machines.values()))

    def receive_request(self, connection: Connection, request: Request) -> IncomingRequest | None:
        """The request to be handled, None if that was done here: a repeat, the ACK for a refusal, a CANCEL that comes
        too late, a request too many."""
        key: Key = server_key(request)
        machines = self._machines.get(connection, {})
        known = machines.get(key)
        if known is not None:
            return self._receive_again(key, known, connection, request)
        incoming = IncomingRequest(request, connection, self, key)
        if request.method == "ACK":
            return incoming
        if len(machines) >= MAX_OPEN:
            self._refuse(incoming)
            return None
        machine: _Machine
        if request.method == "INVITE":
            machine = InviteServer(timers=self._timers, reliable=connection.reliable)
        else:
            machine = NonInviteServer(timers=self._timers, reliable=connection.reliable)
        self._machines.setdefault(connection, machines)[key] = machine
        if request.method == "CANCEL" and cancelled_key(request) not in machines:
            incoming.respond(481)
            return None
        return incoming

    def _refuse(self, incoming: IncomingRequest) -> None:
        """Without a transaction, which would be one more; a repeat is refused again, and the ACK means nothing to
        anybody."""
        self._count(503)
        incoming.connection.send(incoming.build_response(503, headers=[("Retry-After", "5")]).serialize())

    def _count(self, status: int) -> None:
        self.answers[status] = self.answers.get(status, 0) + 1

    def _receive_again(
        self,
        key: Key,
        machine: _Machine,
        connection: Connection,
        request: Request,
    ) -> IncomingRequest | None:
        now = self._clock()
        if isinstance(machine, InviteServer):
            machine.receive_request(request, now)
        else:
            machine.receive_request(now)
        passed_up = self._carry_out(key, machine, connection)
        return IncomingRequest(request, connection, self, key) if passed_up else None

    def send_response(self, incoming: IncomingRequest, response: Response) -> None:
        """For `IncomingRequest`: the response through the machine, as bytes, to where the request came from."""
        machine = self._machines.get(incoming.connection, {}).get(incoming.key)
        if machine is None:
            log.debug("nobody waits for the answer to %s any more", incoming.request.method)
            return
        status = response.status
        if status >= 200:
            self._count(status)
        machine.send_response(status, response.serialize(), self._clock())
        self._carry_out(incoming.key, machine, incoming.connection)

    def forget(self, incoming: IncomingRequest) -> None:
        """Nothing will be answered."""
        if incoming.request.method != "ACK":
            self._remove(incoming.connection, incoming.key)

    def lose_connection(self, connection: Connection) -> None:
        """Nothing that came on it can be answered any more."""
        self._machines.pop(connection, None)

    def _remove(self, connection: Connection, key: Key) -> None:
        machines = self._machines.get(connection)
        if machines is not None:
            machines.pop(key, None)
            if not machines:
                del self._machines[connection]

    def _carry_out(self, key: Key, machine: Machine[bytes], connection: Connection) -> bool:
        """Send and schedule what the machine asks for; whether it passes the message up (an ACK for a 2xx)."""
        for data in machine.take_outgoing():
            connection.send(data)
        passed_up = any(event.kind is _ACK for event in machine.take_events())
        if machine.terminated:
            self._remove(connection, key)
        else:
            if machine.state is State.ACCEPTED:
                machine.forget_sent()
            self._deadlines.add(machine.next_deadline(), (connection, key))
        return passed_up

    def handle_timer(self, now: float) -> None:
        for connection, key in self._deadlines.take_due(now):
            machine = self._machines.get(connection, {}).get(key)
            if machine is not None:
                machine.handle_timer(now)
                self._carry_out(key, machine, connection)
