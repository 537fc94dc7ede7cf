"""One connection to a server on which one person is signed in: requests out, answers back, requests in."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from typing import Final

from parlour import __version__
from parlour.client.address import Account, Destination
from parlour.client.credentials import Prover, Seal
from parlour.client.errors import (
    ClientError,
    ConnectFailed,
    Disconnected,
    NotProvisioned,
    SignInRefused,
    TimedOut,
    UnusableAnswer,
    sip_error,
)
from parlour.client.provisioning import EVENT, REQUEST_BODY, REQUEST_TYPE, read_provisioning
from parlour.client.settings import ClientSettings
from parlour.sip.dialog import Dialog
from parlour.sip.errors import ProtocolError
from parlour.sip.limits import SipLimits
from parlour.sip.message import Request, Response
from parlour.ua.connection import Connection
from parlour.ua.endpoint import Endpoint, EndpointSettings
from parlour.ua.incoming import IncomingRequest
from parlour.ua.resolver import Resolver, Target
from parlour.xccos.xml import CLIENT_LIMITS

__all__ = ["USER_AGENT", "Line"]

log = logging.getLogger(__name__)

USER_AGENT: Final = f"Parlour/{__version__}"
_LIMITS: Final = SipLimits(body=CLIENT_LIMITS.size + 4096)
_MOST_CHALLENGES: Final = 5
_GOODBYE: Final = 2.0
_REFUSED: Final = frozenset({401, 403, 404, 407})


class Line:
    """`instance` names the device (`urn:uuid:...`): with the same one, a post sent again is known to be the same."""

    def __init__(self, account: Account, settings: ClientSettings, instance: str) -> None:
        self.account = account
        self.settings = settings
        self.endpoint = Endpoint(self._receive, settings=EndpointSettings(limits=_LIMITS))
        self.seal = Seal()
        self._instance = instance
        self._connection: Connection | None = None
        self._registration = f"{secrets.token_hex(12)}@{account.domain}"
        self._registers = 0
        self._renewal: asyncio.Task[None] | None = None

    @property
    def connection(self) -> Connection:
        """The open connection. Raises Disconnected."""
        if self._connection is None or self._connection.closed:
            raise Disconnected("not connected")
        return self._connection

    @property
    def contact(self) -> str:
        """Our Contact on this connection."""
        return self.endpoint.contact_for(self.connection)

    # -- beginning and end -------------------------------------------------------------------------------------

    async def open(self, destination: Destination, resolver: Resolver) -> None:
        """Connect to the first place that answers. Raises ConnectFailed."""
        failure: OSError | None = None
        for target in await destination.targets(self.account.domain, resolver):
            try:
                async with asyncio.timeout(self.settings.connect_timeout):
                    self._connection = await self._connect(target, destination)
                return
            except OSError as error:
                log.info("cannot reach %s:%d over %s: %s", target.host, target.port, target.transport, error)
                failure = error
        raise ConnectFailed(f"no server for {self.account.domain} could be reached: {failure}") from failure

    async def _connect(self, target: Target, destination: Destination) -> Connection:
        if target.transport != "TLS":
            return await self.endpoint.connect(target.transport, target.host, target.port)
        name = destination.server_name(self.account.domain)
        return await self.endpoint.connect(
            target.transport, target.host, target.port, destination.context(), server_name=name
        )

    async def sign_in(self) -> None:
        """REGISTER, and keep registered until `close`. Raises ClientError."""
        granted = await self._register(self.settings.registration)
        self._renewal = asyncio.get_running_loop().create_task(self._stay_registered(granted))

    async def _stay_registered(self, granted: int) -> None:
        try:
            while True:
                await asyncio.sleep(max(granted * 0.8, 1.0))
                granted = await self._register(self.settings.registration)
        except Exception:
            log.warning("the registration of %s could not be renewed", self.account.uri, exc_info=True)
            if self._connection is not None:
                self._connection.close()

    async def close(self) -> None:
        """Sign off if that is still possible, and let go of the connection."""
        if self._renewal is not None:
            self._renewal.cancel()
            if self._connection is not None and not self._connection.closed:
                with contextlib.suppress(ClientError, TimeoutError):
                    async with asyncio.timeout(_GOODBYE):
                        await self._register(0)
        await self.endpoint.close()

    # -- requests of ours --------------------------------------------------------------------------------------

    def new_request(self, method: str, uri: str, to: str | None = None) -> Request:
        """A request outside any dialog, from us."""
        return Request(
            method,
            uri,
            [
                ("Max-Forwards", "70"),
                ("From", f"<{self.account.uri}>;tag={secrets.token_hex(5)}"),
                ("To", f"<{to or uri}>"),
                ("Call-ID", f"{secrets.token_hex(12)}@{self.account.domain}"),
                ("CSeq", f"1 {method}"),
                ("User-Agent", USER_AGENT),
            ],
        )

    async def ask(
        self,
        request: Request,
        dialog: Dialog | None = None,
        on_final: Callable[[Response], None] | None = None,
    ) -> Response:
        """The final answer to `request`, whatever its status; a Digest challenge is met once. `on_final` gets it before
        anything that arrives after it is looked at. Raises Disconnected, TimedOut."""
        response = await self._send(request, on_final)
        if response.status not in (401, 407) or self.seal.active:
            return response
        prover = Prover(self.account, ("digest",), secrets.token_bytes)
        if not prover.answer(response, request):
            return response
        number = request.cseq.number + 1
        if dialog is not None:
            dialog.local_cseq = number = dialog.local_cseq + 1
        request.headers.set("CSeq", f"{number} {request.method}")
        return await self._send(request, on_final)

    def send(self, request: Request, on_response: Callable[[Response | None], None]) -> None:
        """Send a request whose answers somebody else looks at. Raises Disconnected."""
        request.headers.remove("Via")
        self.endpoint.send_request(request, self.connection, on_response, self.seal if self.seal.active else None)

    def acknowledge(self, ack: Request) -> None:
        """Send an ACK."""
        self.endpoint.send_ack(ack, self.connection, self.seal if self.seal.active else None)

    async def _send(self, request: Request, on_final: Callable[[Response], None] | None = None) -> Response:
        answered: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        connection = self.connection

        def on_response(response: Response | None) -> None:
            if response is not None and response.status < 200:
                return
            if response is not None and on_final is not None:
                on_final(response)
            if answered.done():
                return
            if response is not None:
                answered.set_result(response)
            elif connection.closed:
                answered.set_exception(Disconnected("the connection was lost"))
            else:
                answered.set_exception(TimedOut(f"no answer to {request.method}"))

        self.send(request, on_response)
        return await answered

    # -- sign-in -----------------------------------------------------------------------------------------------

    async def _register(self, expires: int) -> int:
        """One registration with all its challenges; the seconds granted. Raises ClientError."""
        response = await self._send(self._new_register(expires))
        prover = Prover(self.account, self.account.schemes(secure=self.connection.secure), secrets.token_bytes)
        for _ in range(_MOST_CHALLENGES):
            if response.status not in (401, 407):
                break
            request = self._new_register(expires)
            if not prover.answer(response, request):
                break
            self.seal.coming = prover.association
            response = await self._send_unsealed(request)
        if response.status >= 300:
            raise _refusal(response)
        if prover.association is not None and self.seal.current is not prover.association:
            raise UnusableAnswer("the server could not prove that it knows the password")
        return _granted(response, expires)

    async def _send_unsealed(self, request: Request) -> Response:
        """A request that carries an answer to a challenge instead of a signature. Its answer is what makes the new
        association count, before anything that arrives after it is looked at."""
        answered: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()

        def on_response(response: Response | None) -> None:
            if answered.done() or (response is not None and response.status < 200):
                return
            if response is not None and response.status < 300:
                self.seal.verify(response)
            answered.set_result(response)

        self.endpoint.send_request(request, self.connection, on_response)
        response = await answered
        if response is None:
            raise Disconnected("the connection was lost during sign-in")
        return response

    def _new_register(self, expires: int) -> Request:
        self._registers += 1
        request = self.new_request("REGISTER", f"sip:{self.account.domain}", self.account.uri)
        headers = request.headers
        headers.set("Call-ID", self._registration)
        headers.set("CSeq", f"{self._registers} REGISTER")
        headers.add("Contact", f'{self.contact};+sip.instance="<{self._instance}>"')
        headers.add("Expires", str(expires))
        return request

    async def find_pool(self) -> str | None:
        """The chat service that provisioning names; None when it names none. Raises NotProvisioned."""
        request = self.new_request("SUBSCRIBE", self.account.uri)
        headers = request.headers
        for name, value in (
            ("Contact", self.contact),
            ("Event", EVENT),
            ("Accept", REQUEST_TYPE),
            ("Supported", "ms-piggyback-first-notify"),
            ("Expires", "0"),
            ("Content-Type", REQUEST_TYPE),
        ):
            headers.add(name, value)
        request.body = REQUEST_BODY
        response = await self.ask(request)
        if response.status >= 300:
            log.info("no provisioning: %d %s", response.status, response.reason)
            return None
        told = read_provisioning(response.body)
        if told.enabled is False:
            raise NotProvisioned(403, "group chat is not enabled for this person")
        return told.pool_uri or None

    # -- requests of others ------------------------------------------------------------------------------------

    def _receive(self, incoming: IncomingRequest) -> None:
        request = incoming.request
        if not self.seal.verify(request):
            log.warning("a %s without a good signature was dropped", request.method)
            incoming.dropped()
            return
        if self.seal.active:
            incoming.signer = self.seal
        receiver = self.endpoint.dialogs.find(request)
        try:
            if receiver is not None:
                receiver.receive(incoming)
            elif request.method in ("ACK", "BENOTIFY"):
                incoming.dropped()
            elif request.to.tag is not None:
                incoming.respond(481)
            else:
                incoming.respond(200 if request.method == "OPTIONS" else 405, headers=[("Allow", "OPTIONS")])
        except ProtocolError as error:
            log.warning("%s could not be answered: %s", request.method, error)


def _refusal(response: Response) -> ClientError:
    if response.status in _REFUSED:
        reason = response.reason
        return SignInRefused(response.status, "wrong name or password" if response.status in (401, 407) else reason)
    return sip_error(response)


def _granted(response: Response, asked: int) -> int:
    """Seconds until the registration ends."""
    return response.expires if response.expires is not None else asked
