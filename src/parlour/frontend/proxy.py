"""The stateful proxy between signed-in people (RFC 3261 section 16): forks, waits, cancels, answers with the best.

One `ProxyContext` stands for one request from somebody; it has a branch per endpoint it went to. Everything is called
from the event loop and returns at once; the only clock is the timer that ends an INVITE nobody answers. What waits for
its answers is small: bodies are not kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from parlour.frontend.best_response import best_response
from parlour.frontend.courier import Courier
from parlour.frontend.forwarding import forwarded_request, relayed_response
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request, Response
from parlour.ua.connection import Connection
from parlour.ua.incoming import IncomingRequest, MessageSigner

__all__ = ["Hop", "Proxy"]

log = logging.getLogger(__name__)

MAX_OPEN: Final = 64
"""Requests of one connection that may wait for the answers of others at a time; docs/protocol/sip.md, "Proxy"."""
MAX_FORKED: Final = 16
"""Endpoints of a callee that a request goes to."""
_TIMER_C: Final = 180.0
"""Seconds an INVITE may ring (RFC 3261 section 16.6 step 11)."""
_RETRY_AFTER: Final = ("Retry-After", "5")


class Sending(Protocol):
    """A request under way."""

    def cancel(self) -> None:
        """Send CANCEL for an INVITE, now or as soon as a provisional response allows it; otherwise nothing."""
        ...


class Cancellable(Protocol):
    def cancel(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Hop:
    """Where one copy goes: over `connection`, with this Request-URI and these Record-Route values, topmost first."""

    connection: Connection
    uri: str
    record_routes: tuple[str, ...]
    signer: MessageSigner | None


class Proxy:
    """One per server. `call_later(seconds, function)` gives something that can be cancelled."""

    def __init__(
        self,
        courier: Courier,
        *,
        realms: frozenset[str],
        call_later: Callable[[float, Callable[[], None]], Cancellable],
    ) -> None:
        self.courier = courier
        self.realms = realms
        self.call_later = call_later
        self._contexts: dict[tuple[object, ...], ProxyContext] = {}
        self._by_caller: dict[Connection, set[ProxyContext]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._by_caller.values()))

    def forward(self, incoming: IncomingRequest, hops: Sequence[Hop]) -> None:
        """Pass a request on to all `hops` (at least one), or refuse it: 482, or 503 when too many of its connection are
        on their way. Raises RemoteProtocolError 483."""
        key = _context_key(incoming)
        if key in self._contexts or _merged_key(incoming.request) in self._contexts:
            # The same request is already on its way from here: it has come back, or was forked to us twice
            # (sections 16.3 and 8.2.2.2).
            incoming.respond(482)
            return
        if len(self._by_caller.get(incoming.connection, ())) >= MAX_OPEN:
            incoming.respond(503, headers=[_RETRY_AFTER])
            return
        copies = [forwarded_request(incoming.request, hop.uri, hop.record_routes, self.realms) for hop in hops]
        context = ProxyContext(self, incoming, key)
        self._contexts[key] = self._contexts[_merged_key(incoming.request)] = context
        self._by_caller.setdefault(incoming.connection, set()).add(context)
        context.start(list(zip(hops, copies, strict=True)))

    def acknowledge(self, incoming: IncomingRequest, hop: Hop) -> None:
        """Pass on the ACK to a 2xx: it belongs to no transaction and is never answered."""
        ack = forwarded_request(incoming.request, hop.uri, (), self.realms)
        self.courier.send_ack(ack, hop.connection, hop.signer)
        incoming.dropped()

    def cancel(self, incoming: IncomingRequest) -> bool:
        """A CANCEL (section 16.10): answered here, and sent on for every branch that has no final answer yet."""
        context = self._contexts.get(_context_key(incoming))
        if context is None:
            return False
        incoming.respond(200)
        context.cancel_pending()
        return True

    def lose_connection(self, connection: Connection) -> None:
        """Nobody on it waits for answers any more: what rings is cancelled."""
        for context in list(self._by_caller.get(connection, ())):
            context.cancel_pending()

    def forget(self, context: ProxyContext) -> None:
        """For `ProxyContext`: every branch has its final response."""
        caller = context.incoming.connection
        self._contexts.pop(context.key, None)
        self._contexts.pop(_merged_key(context.incoming.request), None)
        self._by_caller[caller].discard(context)
        if not self._by_caller[caller]:
            del self._by_caller[caller]


class _Branch:
    __slots__ = ("final", "hop", "sending")

    def __init__(self, hop: Hop) -> None:
        self.hop = hop
        self.sending: Sending | None = None
        self.final: Response | None = None


class ProxyContext:
    """One request that is being proxied (the "response context" of section 16.7)."""

    __slots__ = ("_branches", "_cancelled", "_proxy", "_timer", "incoming", "key")

    def __init__(self, proxy: Proxy, incoming: IncomingRequest, key: tuple[object, ...]) -> None:
        self._proxy = proxy
        self._branches: list[_Branch] = []
        self._timer: Cancellable | None = None
        self._cancelled = False
        self.incoming = incoming
        self.key = key

    def start(self, sendings: Sequence[tuple[Hop, Request]]) -> None:
        if self.incoming.request.method == "INVITE":
            self.incoming.respond(100)
            self._restart_timer_c()
        self._branches = [_Branch(hop) for hop, _ in sendings]
        # Answers may come while we are still sending (a connection that is just closing): all branches exist by now.
        for branch, (hop, request) in zip(self._branches, sendings, strict=True):
            branch.sending = self._proxy.courier.send_request(
                request, hop.connection, partial(self._receive, branch), hop.signer
            )
        self.incoming.request.body = b""  # all copies are on their way

    def cancel_pending(self) -> None:
        self._cancelled = True
        for branch in self._branches:
            if branch.final is None and branch.sending is not None:
                branch.sending.cancel()

    def _receive(self, branch: _Branch, response: Response | None) -> None:
        if response is None:
            response = _local_response(self.incoming, 487 if self._cancelled else 408)
        if response.status < 200:
            self._receive_provisional(response)
            return
        if branch.final is not None:
            return
        branch.final = response
        if response.status < 300:
            self._answer(response)
            self.cancel_pending()
        elif response.status >= 600:
            self.cancel_pending()
        if all(each.final is not None for each in self._branches):
            self._conclude()

    def _receive_provisional(self, response: Response) -> None:
        if response.status > 100 and not self.incoming.final_status:
            self._restart_timer_c()
            self._relay(relayed_response(response))

    def _conclude(self) -> None:
        """Every branch has its final response."""
        if not self.incoming.final_status:
            best = best_response([branch.final for branch in self._branches if branch.final is not None])
            if best is not None:
                self._answer(best)
        self._stop_timer()
        self._proxy.forget(self)

    def _answer(self, response: Response) -> None:
        if not self.incoming.final_status:
            self._stop_timer()
            self._relay(relayed_response(response))

    def _relay(self, response: Response) -> None:
        try:
            self.incoming.send_response(response)
        except RemoteProtocolError as error:
            log.info("nobody waits for the answer to %s any more: %s", self.incoming.request.method, error)

    def _restart_timer_c(self) -> None:
        self._stop_timer()
        if self.incoming.request.method == "INVITE":
            self._timer = self._proxy.call_later(_TIMER_C, self._timer_c_fired)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _timer_c_fired(self) -> None:
        """Section 16.8: cancel what rings; a branch that does not even ring counts as timed out."""
        self._timer = None
        self.cancel_pending()
        if not self.incoming.final_status:
            self._relay(self.incoming.build_response(408))


def _local_response(incoming: IncomingRequest, status: int) -> Response:
    """As if it had come from a branch: with a Via on top for `relayed_response` to take off."""
    response = incoming.build_response(status)
    vias = response.headers.get_all("Via")
    response.headers.remove("Via")
    for via in ("SIP/2.0/TCP invalid", *vias):
        response.headers.add("Via", via)
    return response


def _context_key(incoming: IncomingRequest) -> tuple[object, ...]:
    """Equal for an INVITE and its CANCEL: same connection, same top Via branch where there is one, same call."""
    request = incoming.request
    return (
        incoming.connection.id,
        request.via.branch or "",
        request.call_id,
        request.cseq.number,
        request.from_.tag or "",
        "INVITE" if request.method == "CANCEL" else request.method,
    )


def _merged_key(request: Request) -> tuple[object, ...]:
    return (request.uri, request.call_id, request.cseq.number, request.from_.tag or "", request.method)
