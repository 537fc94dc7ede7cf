"""The front end: every request of every connection comes here first.

Order: is it allowed at all (extensions) - whose dialog or address is it - whose connection is it, surely - then the
registrar, the subscription and presence handlers, a service in this process, or the proxy. Handlers return answers or
values; this module sends them. See docs/protocol/sip.md.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final

from parlour.frontend import presence, provisioning
from parlour.frontend.answer import Answer
from parlour.frontend.authenticator import Accepted, Authenticator, Dropped
from parlour.frontend.bindings import Binding, BindingTable
from parlour.frontend.courier import Courier
from parlour.frontend.declining import ALLOW, decline, decline_encoding, decline_extensions
from parlour.frontend.flow_tokens import FlowTokens
from parlour.frontend.notifying import Reach
from parlour.frontend.own_documents import OwnDocuments
from parlour.frontend.people import People, address_of
from parlour.frontend.presence import Presence
from parlour.frontend.proxy import MAX_FORKED, Hop, Proxy
from parlour.frontend.registrar import ALLOW_EVENTS, Registrar
from parlour.frontend.replying import Replies
from parlour.frontend.router import Refusal, Router, Target, ToEndpoints, ToFlow, ToServer, ToService
from parlour.frontend.settings import FrontendSettings
from parlour.sip.errors import RemoteProtocolError
from parlour.store.api import Documents
from parlour.ua.connection import Connection
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import LocalService, capabilities

__all__ = ["Frontend"]

log = logging.getLogger(__name__)

ACCEPT: Final = ", ".join(
    (presence.PUBLISH_TYPE, presence.MEMBERS_TYPE, provisioning.CONTENT_TYPE, presence.CONTENT_TYPE)
)
EXTENSIONS: Final = frozenset({"timer", "gruu", "gruu-10", "adhoclist", "categorylist", "ms-benotify"})
"""Option tags a client may require of us as user agent server. COMPAT: SIPE requires adhoclist and categoryList."""
PROXY_EXTENSIONS: Final = frozenset({"ms-benotify", "ms-piggyback-first-notify"})


class Frontend:
    """One per server. `call_later` is the event loop's; `clock` is monotonic, `wall` counts from 1970, `token(n)` gives
    n random bytes. `attach` the endpoint, then let it call `receive`."""

    def __init__(
        self,
        domains: frozenset[str],
        directory: People,
        documents: Documents,
        settings: FrontendSettings,
        *,
        clock: Callable[[], float],
        wall: Callable[[], float],
        token: Callable[[int], bytes],
        call_later: Callable[[float, Callable[[], None]], Any] | None = None,
    ) -> None:
        self.domains = frozenset(domain.lower() for domain in domains)
        self.settings = settings
        self.bindings = BindingTable()
        self.tokens = FlowTokens(token(32))
        self.router = Router(self.domains, settings.host, directory, self.bindings, self.tokens)
        self.authenticator = Authenticator(self.domains, directory, settings, clock=clock, token=token)
        self._directory = directory
        self._clock = clock
        self._wall = wall
        self._registrar = Registrar(self.bindings)
        self._presence = Presence(documents, wall=wall)
        self._call_later = call_later or _loop_call_later
        self._flows: dict[int, Connection] = {}
        self._replies = Replies()
        self._next_sweep = 0.0
        directory.subscribe(self._person_changed)
        directory.subscribe_passwords(self._password_changed)

    def attach(self, endpoint: Courier) -> None:
        """Call once, before the first request."""
        self._courier = endpoint
        self._own = OwnDocuments(
            self._directory,
            self._presence,
            endpoint,
            self._replies,
            self.settings,
            self._clock,
            self._way_to,
            self._call_later,
        )
        realms = frozenset({self.settings.realm, self.authenticator.digest_realm})
        self._proxy = Proxy(endpoint, realms=realms, call_later=self._call_later)

    def _way_to(self, flow_id: int) -> Reach | None:
        connection = self._flows.get(flow_id)
        return None if connection is None else (connection, self.authenticator.signer_for(connection))

    def add_service(self, uri: str, service: LocalService) -> None:
        """A user agent inside this process (lookup, channel) at `sip:user@domain`."""
        self.router.add_service(uri, service)

    def remove_service(self, uri: str) -> None:
        """Nothing answers at `uri` any more; its dialogs stay."""
        self.router.remove_service(uri)

    async def close(self) -> None:
        """Stop what is still being worked on; its requests stay unanswered."""
        self._own.close()
        await self._replies.close()

    # -- the way in ----------------------------------------------------------------------------------------------

    def receive(self, incoming: IncomingRequest) -> None:
        """The endpoint's `on_request`."""
        # COMPAT: SIPE ignores answers without signature, except challenges; refusals made before the request has been
        # examined are signed too.
        incoming.signer = self.authenticator.signer_for(incoming.connection)
        try:
            self._receive(incoming)
        except RemoteProtocolError as error:
            self._replies.send(incoming, Answer(error.status, error.reason))

    def _receive(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        dialog = self._courier.dialogs.find(request)
        if dialog is not None:
            if self._authenticate(incoming, proxy=False) and self._understands(incoming):
                dialog.receive(incoming)
            return
        if request.method == "CANCEL":
            self._cancel(incoming)
            return
        if self._declines(incoming, decline_extensions(request, "Proxy-Require", PROXY_EXTENSIONS)):
            return
        target = self.router.route(request, incoming.connection, now=self._clock())
        if request.method == "OPTIONS" and isinstance(target, ToServer) and request.to.tag is None:
            if self._understands(incoming):
                self._replies.send(incoming, Answer(200, headers=_capabilities()))
            return
        proxy = isinstance(target, (ToEndpoints, ToFlow)) and request.method not in _SERVED
        if not self._authenticate(incoming, proxy=proxy):
            return
        handler = _SERVED.get(request.method)
        if handler is None or (isinstance(target, ToFlow) and request.method != "REGISTER"):
            self._dispatch(incoming, target)
        elif self._understands(incoming):
            handler(self, incoming, target)

    def _authenticate(self, incoming: IncomingRequest, *, proxy: bool) -> bool:
        """Whether the request may go on; if not, it has been answered or dropped."""
        verdict = self.authenticator.check(incoming.request, incoming.connection, proxy=proxy)
        if isinstance(verdict, Accepted):
            incoming.identity = verdict.identity
            incoming.signer = verdict.signer
            return True
        if isinstance(verdict, Dropped):
            incoming.dropped()
            return False
        if verdict.status in (401, 407):
            incoming.signer = None
        self._replies.send(incoming, verdict)
        return False

    def _understands(self, incoming: IncomingRequest) -> bool:
        """Whether a request for us, not for the proxy, can be looked at; if not, it has been answered."""
        request = incoming.request
        refused = decline_extensions(request, "Require", EXTENSIONS) or decline_encoding(request)
        return not self._declines(incoming, refused)

    def _declines(self, incoming: IncomingRequest, answer: Answer | None) -> bool:
        if answer is not None:
            self._replies.send(incoming, answer)
        return answer is not None

    # -- registrar -----------------------------------------------------------------------------------------------

    def _register(self, incoming: IncomingRequest, target: Target) -> None:
        request, connection = incoming.request, incoming.connection
        assert incoming.identity is not None
        person = incoming.identity.uri
        if not isinstance(target, ToServer):
            self._replies.send(incoming, Answer(404, "Not A Domain Of This Server"))
            return
        if address_of(self._directory, request.to.uri) != person:
            self._replies.send(incoming, Answer(403, "Only Your Own Address"))
            return
        done = self._registrar.register(person, request, connection, now=self._clock(), wall=self._wall())
        if done.added or done.replaced:
            self._watch(connection)
            self.authenticator.remember_endpoint(connection, person, request)
        for binding in (*done.removed, *done.replaced):
            self._binding_gone(binding)
        self._replies.send(incoming, done.answer)
        self._sweep()

    def _binding_gone(self, binding: Binding) -> None:
        bindings = self.bindings.of(binding.person, self._clock())
        if not any(other.endpoint == binding.endpoint for other in bindings):
            self._presence.endpoint_gone(binding.person, binding.endpoint, last=not bindings)

    def _watch(self, connection: Connection) -> None:
        if connection.id not in self._flows:
            self._flows[connection.id] = connection
            connection.add_close_callback(self._connection_closed)

    def _connection_closed(self, connection: Connection) -> None:
        self._flows.pop(connection.id, None)
        self._own.subscriptions.remove_flow(connection)
        self._proxy.lose_connection(connection)
        for binding in self.bindings.remove_flow(connection):
            self._binding_gone(binding)

    def _sweep(self) -> None:
        """Once a minute, while people register: forget what has expired."""
        now = self._clock()
        if now >= self._next_sweep:
            self._next_sweep = now + 60.0
            self._own.subscriptions.remove_expired(now)
            for binding in self.bindings.remove_expired(now):
                self._binding_gone(binding)

    def _person_changed(self, uri: str) -> None:
        """Somebody was changed in the directory: whoever may not sign in any more is shown out, others are told whether
        they may chat."""
        person = self._directory.find_person(uri)
        if person is None or person.disabled:
            self._show_out(uri, "may not sign in any more")
        else:
            self._own.person_changed(uri)

    def _password_changed(self, uri: str) -> None:
        """What was proven with the old password is proven no more. COMPAT: SIPE signs in again when its connection is
        closed, and asks its user when the password is refused; a 401 in the middle it would answer with the same
        request for ever."""
        self._show_out(uri, "has another password")

    def _show_out(self, uri: str, why: str) -> None:
        for connection in self.authenticator.connections_of(uri):
            log.info("%s %s; closing %r", uri, why, connection)
            connection.close()

    # -- own documents, services, proxy --------------------------------------------------------------------------

    def _subscribe(self, incoming: IncomingRequest, target: Target) -> None:
        self._watch(incoming.connection)
        self._own.subscribe(incoming)

    def _service(self, incoming: IncomingRequest, target: Target) -> None:
        self._own.service(incoming)

    def _dispatch(self, incoming: IncomingRequest, target: Target) -> None:
        if isinstance(target, Refusal):
            self._replies.send(incoming, Answer(target.status, target.reason))
        elif isinstance(target, ToService):
            self._serve(incoming, target)
        elif isinstance(target, ToServer):
            self._refuse_method(incoming)
        else:
            self._forward(incoming, target)

    def _publish(self, incoming: IncomingRequest, target: Target) -> None:
        """Presence is published by SERVICE here. People's clients cannot keep it for them (RFC 3903), so it is not
        proxied."""
        self._replies.send(incoming, decline(incoming.request, self.settings.host, chat=False))

    def _serve(self, incoming: IncomingRequest, target: ToService) -> None:
        request = incoming.request
        if request.to.tag is not None or request.method not in ("INVITE", "OPTIONS"):
            self._refuse_method(incoming)
        elif not self._understands(incoming):
            return
        elif request.method == "OPTIONS":
            self._replies.send(incoming, Answer(200, headers=tuple(capabilities())))
        elif self._courier.dialogs.is_merged(incoming):
            self._replies.send(incoming, Answer(482, "Merged Request"))
        else:
            target.service.handle_invite(incoming)

    def _refuse_method(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        chat = self.router.is_service(request.uri) or self.router.is_service(request.to.uri)
        self._replies.send(incoming, decline(request, self.settings.host, chat=chat))

    def _forward(self, incoming: IncomingRequest, target: ToEndpoints | ToFlow) -> None:
        hops = self._hops(incoming, target)
        if not hops:
            self._replies.send(incoming, Answer(480 if incoming.request.to.tag is None else 481))
        elif incoming.request.method == "ACK":
            self._proxy.acknowledge(incoming, hops[0])
        else:
            self._watch(incoming.connection)
            self._proxy.forward(incoming, hops)

    def _hops(self, incoming: IncomingRequest, target: ToEndpoints | ToFlow) -> list[Hop]:
        if isinstance(target, ToFlow):
            connection = self._flows.get(target.flow_id)
            return [self._hop(incoming, connection, incoming.request.uri)] if connection is not None else []
        found = [(self._flows.get(binding.flow.id), binding.contact) for binding in target.bindings]
        hops = [self._hop(incoming, connection, uri) for connection, uri in found if connection is not None]
        return hops[:MAX_FORKED]

    def _hop(self, incoming: IncomingRequest, connection: Connection, uri: str) -> Hop:
        """Record-Route, topmost first: the entry that faces the callee, then the one that faces the caller."""
        routes = (self._record_route(connection), self._record_route(incoming.connection))
        return Hop(connection, uri, routes, self.authenticator.signer_for(connection))

    def _record_route(self, connection: Connection) -> str:
        token, port = self.tokens.make(connection.id), connection.local[1]
        return f"<sip:{token}@{self.settings.host}:{port};transport={connection.transport.lower()};lr>"

    def _cancel(self, incoming: IncomingRequest) -> None:
        """CANCEL cannot be challenged; it is believed when it comes over the connection of what it cancels."""
        if not self.authenticator.believes_cancel(incoming.request, incoming.connection):
            incoming.dropped()
        elif not self._proxy.cancel(incoming):
            # The endpoint lets only CANCELs of known requests through: that one has its answer already (section 9.2).
            self._replies.send(incoming, Answer(200))


def _capabilities() -> tuple[tuple[str, str], ...]:
    return (
        ("Allow", ALLOW),
        ("Accept", ACCEPT),
        ("Supported", "adhoclist"),
        ("Supported", "msrtc-event-categories"),
        ("Supported", "gruu, timer"),
        ("Allow-Events", ALLOW_EVENTS),
    )


def _loop_call_later(delay: float, function: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay, function)


_SERVED: Final[dict[str, Callable[[Frontend, IncomingRequest, Target], None]]] = {
    "REGISTER": Frontend._register,
    "SUBSCRIBE": Frontend._subscribe,
    "SERVICE": Frontend._service,
    "PUBLISH": Frontend._publish,
}
