"""What the tests of this package share: an endpoint with a little service behind it, and peers that speak raw bytes."""

from __future__ import annotations

import asyncio
import itertools
import ssl
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from parlour.sip.framing import KEEP_ALIVE, Frame, StreamFramer
from parlour.sip.message import Request, Response, parse_message
from parlour.ua.connection import Tracer
from parlour.ua.endpoint import Endpoint, EndpointSettings
from parlour.ua.identity import Identity
from parlour.ua.incoming import IncomingRequest
from parlour.ua.uas import UasDialog

SDP = b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=session\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 5060 sip null\r\n"
_calls = itertools.count(1)
_peers: list[Peer] = []


class Handler:
    """A dialog's owner that writes down what happens and answers every INFO 200."""

    def __init__(self) -> None:
        self.dialog: UasDialog | None = None
        self.infos: list[bytes] = []
        self.ended: list[str] = []
        self.over = asyncio.Event()

    def receive_info(self, incoming: IncomingRequest) -> None:
        self.infos.append(incoming.request.body)
        incoming.respond(200)

    def dialog_ended(self, reason: str) -> None:
        self.ended.append(reason)
        self.over.set()


class House:
    """An endpoint that believes what From says, accepts INVITEs, and answers everything else 200."""

    def __init__(
        self,
        settings: EndpointSettings | None = None,
        clock: Callable[[], float] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        more: dict[str, Any] = {} if clock is None else {"clock": clock}
        self.endpoint = Endpoint(self.receive, settings=settings, tracer=tracer, **more)
        self.handlers: list[Handler] = []
        self.requests: list[IncomingRequest] = []
        self.arrived = asyncio.Event()
        self.silent = False
        self.strangers = False

    def receive(self, incoming: IncomingRequest) -> None:
        self.requests.append(incoming)
        self.arrived.set()
        request = incoming.request
        if not self.strangers:
            incoming.identity = Identity(request.from_.uri, "Somebody", request.from_.params.get("epid") or "")
        dialog = self.endpoint.dialogs.find(request)
        if dialog is not None:
            dialog.receive(incoming)
        elif request.method == "ACK":
            incoming.dropped()
        elif request.method == "INVITE" and request.to.tag is None and not self.silent:
            handler = Handler()
            handler.dialog = self.endpoint.accept_invite(incoming, handler)
            self.handlers.append(handler)
        elif not self.silent:
            incoming.respond(200 if request.to.tag is None else 481)

    async def __aenter__(self) -> House:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.endpoint.close()
        assert self.endpoint.connection_count == 0
        assert len(self.endpoint.dialogs) == 0


class Peer:
    """A client on a TCP or TLS stream. `read` gives the next message, `read_request` and `read_response` insist."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.framer = StreamFramer()
        self.frames: list[Frame] = []

    @classmethod
    async def connect(cls, address: tuple[str, int], context: ssl.SSLContext | None = None) -> Peer:
        peer = cls(*await asyncio.open_connection(*address, ssl=context))
        _peers.append(peer)
        return peer

    @property
    def port(self) -> int:
        port: int = self.writer.get_extra_info("sockname")[1]
        return port

    def send(self, *messages: bytes | Request | Response) -> None:
        for message in messages:
            self.writer.write(message if isinstance(message, bytes) else message.serialize())

    async def read(self) -> Request | Response | None:
        """None when the connection is over."""
        while not self.frames:
            data = await asyncio.wait_for(self.reader.read(65536), 60)
            if not data:
                return None
            self.frames += [frame for frame in self.framer.receive(data) if frame is not KEEP_ALIVE]
        frame = self.frames.pop(0)
        return parse_message(frame.head, frame.body)

    async def read_request(self, method: str) -> Request:
        message = await self.read()
        assert isinstance(message, Request), message
        assert message.method == method
        return message

    async def read_response(self, status: int) -> Response:
        message = await self.read()
        assert isinstance(message, Response), message
        assert message.status == status, message
        return message

    async def at_end(self) -> bool:
        return await self.read() is None

    async def call(self, call: Call, *headers: tuple[str, str]) -> Response:
        """INVITE and ACK."""
        self.send(call.request("INVITE", *headers, body=SDP, content_type="application/sdp"))
        response = await self.read_response(200)
        call.remote_tag = response.to.tag
        self.send(call.request("ACK"))
        return response

    def close(self) -> None:
        self.writer.close()


class Call:
    """Builds the requests of one dialog as SIPE does: no branch unless asked for."""

    def __init__(self, who: str = "alice", *, transport: str = "TCP", branches: bool = True) -> None:
        self.number = next(_calls)
        self.who, self.transport, self.branches = who, transport, branches
        self.remote_tag: str | None = None
        self.cseq = 0

    def request(
        self,
        method: str,
        *headers: tuple[str, str],
        body: bytes = b"",
        content_type: str = "",
        cseq: int | None = None,
        branch: str | None = None,
    ) -> Request:
        if cseq is None:
            if method not in ("ACK", "CANCEL"):
                self.cseq += 1
            cseq = self.cseq
        if branch is None and self.branches:
            branch = f"z9hG4bK{self.number}x{next(_calls)}"
        via = f"SIP/2.0/{self.transport} 127.0.0.1:34442" + (f";branch={branch}" if branch else "")
        to = "<sip:room@example.com>" + (f";tag={self.remote_tag}" if self.remote_tag else "")
        items = [
            ("Via", via),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{self.who}@example.com>;tag=f{self.number};epid=e1"),
            ("To", to),
            ("Call-ID", f"call-{self.number}"),
            ("CSeq", f"{cseq} {method}"),
            ("Contact", f"<sip:{self.who}@example.com;gruu>"),
        ]
        if content_type:
            items.append(("Content-Type", content_type))
        return Request(method, "sip:room@example.com", [*items, *headers], body)


async def close_peers() -> None:
    """All that this test has made, so that nothing is left on its loop."""
    while _peers:
        peer = _peers.pop()
        transport = peer.writer.transport
        # One that was closed and has said everything is gone already, which asyncio's `abort` may not notice.
        if not transport.is_closing() or transport.get_write_buffer_size():
            transport.abort()
        try:
            await peer.writer.wait_closed()
        except (OSError, ssl.SSLError):
            pass
    await asyncio.sleep(0)


def answer(request: Request, status: int = 200, *headers: tuple[str, str]) -> Response:
    response = Response.to_request(request.headers, status)
    for name, value in headers:
        response.headers.add(name, value)
    return response


def contexts(directory: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's and a client's, with a certificate made for the occasion."""
    from datetime import datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = directory / "both.pem"
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.minimum_version = ssl.TLSVersion.TLSv1_2
    server.load_cert_chain(pem)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_mode = ssl.CERT_NONE
    return server, client


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for something that nobody announces."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)
