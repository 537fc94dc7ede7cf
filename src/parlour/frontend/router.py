"""Where a request goes: a service in this process, the server itself, a person's endpoints, one connection, or nowhere.

Deciding changes nothing but the routing headers of the request that is decided about (RFC 3261 section 16.4 and 16.5).
There are no outgoing connections: what is not here is not found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlour.frontend.bindings import Binding, BindingTable
from parlour.frontend.flow_tokens import FlowTokens
from parlour.frontend.gruu import legacy_id
from parlour.frontend.people import People
from parlour.frontend.reading import canonical_address
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.headers import NameAddr
from parlour.sip.message import Request
from parlour.sip.uri import SipUri, aor
from parlour.ua.uas import LocalService

__all__ = ["Refusal", "Router", "Target", "ToEndpoints", "ToFlow", "ToServer", "ToService"]


class LocalAddress(Protocol):
    """The part of a connection the router looks at."""

    @property
    def local(self) -> tuple[str, int]: ...


@dataclass(frozen=True, slots=True)
class ToService:
    """A user agent inside this process."""

    uri: str
    service: LocalService


@dataclass(frozen=True, slots=True)
class ToServer:
    """The server itself."""


@dataclass(frozen=True, slots=True)
class ToEndpoints:
    """Endpoints of a person; never empty. `exact`: a GRUU named one of them."""

    person: str
    bindings: Sequence[Binding]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class ToFlow:
    """One connection, by its id; the Request-URI stays as it is."""

    flow_id: int


@dataclass(frozen=True, slots=True)
class Refusal:
    status: int
    reason: str = ""


Target = ToService | ToServer | ToEndpoints | ToFlow | Refusal


class Router:
    """One per server. `domains` in lower case; `host` is the server's own name."""

    def __init__(
        self, domains: frozenset[str], host: str, directory: People, table: BindingTable, tokens: FlowTokens
    ) -> None:
        self._domains = domains
        self._directory = directory
        self._table = table
        self._tokens = tokens
        self._services: dict[str, LocalService] = {}
        self._hosts = domains | {host.lower()}

    def add_service(self, uri: str, service: LocalService) -> None:
        """Answer requests to `uri` (`sip:user@domain`, compared without case) in this process."""
        self._services[aor(uri).lower()] = service

    def remove_service(self, uri: str) -> None:
        """None there is fine too."""
        self._services.pop(aor(uri).lower(), None)

    def is_service(self, uri: str) -> bool:
        """Whether something answers at `uri` in this process."""
        return aor(uri).lower() in self._services if uri.lower().startswith("sip") else False

    def route(self, request: Request, connection: LocalAddress, *, now: float) -> Target:
        """Takes our own entries off the Route header. Raises RemoteProtocolError 400 or 416 for malformed addresses."""
        self._undo_strict_routing(request, connection)
        flow_id = self._pop_own_routes(request, connection)
        if request.headers.get("Route") is not None:
            return Refusal(404, "No Route")
        if flow_id is not None:
            return ToFlow(flow_id)
        return self._by_request_uri(request, connection, now)

    def is_own(self, uri: SipUri, connection: LocalAddress) -> bool:
        """Whether an address means this server itself, or a domain it is responsible for."""
        host = uri.host.lower()
        if host in self._hosts:
            return True
        port = uri.port or (5061 if uri.secure or uri.transport in ("tls", "wss") else 5060)
        return (host, port) == connection.local

    def _undo_strict_routing(self, request: Request, connection: LocalAddress) -> None:
        """RFC 3261 section 16.4: a strict router before us put our Record-Route address into the Request-URI."""
        if not request.uri.lower().startswith("sip") or "Route" not in request.headers:
            return
        uri = SipUri.parse(request.uri)
        if self._tokens.read(uri.user) is None or not self.is_own(uri, connection):
            return
        routes = _routes(request)
        request.uri = routes[-1].uri
        _set_routes(request, [NameAddr("", str(uri)), *routes[:-1]])

    def _pop_own_routes(self, request: Request, connection: LocalAddress) -> int | None:
        """Of our two Record-Routes the one of the far side comes last, so its token is the one that counts."""
        if "Route" not in request.headers:
            return None
        routes = _routes(request)
        flow_id = None
        while routes and self.is_own(uri := SipUri.parse(routes[0].uri), connection):
            flow_id = self._tokens.read(uri.user)
            routes.pop(0)
        _set_routes(request, routes)
        return flow_id

    def _by_request_uri(self, request: Request, connection: LocalAddress, now: float) -> Target:
        uri = SipUri.parse(request.uri)
        service = self._services.get(aor(request.uri).lower())
        if service is not None:
            return ToService(aor(request.uri), service)
        if uri.host.lower() in self._domains:
            return ToServer() if uri.user is None else self._by_person(request.uri, uri, now)
        if self.is_own(uri, connection):
            return ToServer() if uri.user is None else Refusal(404)
        binding = self._table.find_address(canonical_address(uri), now)
        return ToFlow(binding.flow.id) if binding is not None else Refusal(404)

    def _by_person(self, text: str, uri: SipUri, now: float) -> Target:
        person = self._directory.find_person(aor(text))
        if person is None or person.disabled:
            return Refusal(404)
        found = self._by_gruu(person.uri, uri, now)
        if found is not None:
            return found
        bindings = self._table.of(person.uri, now)
        return ToEndpoints(person.uri, bindings) if bindings else Refusal(480)

    def _by_gruu(self, person: str, uri: SipUri, now: float) -> Target | None:
        ident = legacy_id(uri.params.get("opaque") or "") if "gruu" in uri.params else None
        if ident is not None:
            binding = self._table.find_ident(person, ident, now)
        elif uri.params.get("gr"):
            binding = self._table.find_instance(person, uri.params["gr"] or "", now)
        else:
            return None
        return ToEndpoints(person, (binding,), exact=True) if binding is not None else Refusal(480)


def _routes(request: Request) -> list[NameAddr]:
    routes = list(request.routes)
    if len(routes) > 32:
        raise RemoteProtocolError(400, "Too Many Routes")
    return routes


def _set_routes(request: Request, routes: Sequence[NameAddr]) -> None:
    request.headers.remove("Route")
    for route in routes:
        request.headers.add("Route", str(route))
