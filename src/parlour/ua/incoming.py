"""A request on its way up, and the one way to answer it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from parlour.sip.message import Headers, Request, Response
from parlour.ua.connection import Connection
from parlour.ua.identity import Identity

if TYPE_CHECKING:
    from parlour.ua.server_transactions import ServerTransactions

__all__ = ["IncomingRequest", "MessageSigner", "note_source"]

_COPIED = frozenset({"Via", "From", "To", "Call-ID", "CSeq"})
_COPIED_WITH_ROUTE = _COPIED | {"Record-Route"}


class MessageSigner(Protocol):
    """Adds a signature header to a message that is about to leave."""

    def sign(self, message: Request | Response) -> None: ...


def note_source(connection: Connection, request: Request) -> None:
    """`received` and `rport` tell the sender, and over UDP ourselves, where it is seen (RFC 3261 section 18.2.1, RFC
    3581)."""
    via = request.via
    host, port = connection.peer
    if "rport" in via.params:
        via = via.with_param("rport", str(port)).with_param("received", host)
    elif via.host != host and not connection.reliable:
        via = via.with_param("received", host)
    else:
        return
    request.headers.replace_all("Via", [str(one) for one in (via, *request.vias[1:])])


class IncomingRequest:
    """A request together with the connection it came on and its server transaction.

    `frontend` fills `identity` and `signer`; whoever handles the request calls `respond` with provisional answers and
    then exactly one final one."""

    __slots__ = ("_local_tag", "_transactions", "connection", "final_status", "identity", "key", "request", "signer")

    def __init__(
        self,
        request: Request,
        connection: Connection,
        transactions: ServerTransactions,
        key: tuple[object, ...],
    ) -> None:
        self.request = request
        self.connection = connection
        self.identity: Identity | None = None
        self.signer: MessageSigner | None = None
        self.key = key
        self.final_status = 0
        self._transactions = transactions
        self._local_tag = ""

    @property
    def local_tag(self) -> str:
        """The To tag of our answers: the request's own inside a dialog, else one made for this request."""
        if not self._local_tag:
            self._local_tag = self.request.to.params.get("tag") or self._transactions.new_tag()
        return self._local_tag

    def respond(
        self,
        status: int,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> None:
        """Answer. Via, From, To (with tag), Call-ID, CSeq and, where a dialog may form, Record-Route are copied as RFC
        3261 section 8.2.6 and 12.1.1 say."""
        response = self.build_response(status, reason, headers, body, content_type)
        self.send_response(response)

    def build_response(
        self,
        status: int,
        reason: str = "",
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Response:
        request = self.request
        source = request.headers
        # Copied as they came, in their order: they were checked when they were parsed.
        forms_dialog = 100 < status < 300 and request.method in ("INVITE", "SUBSCRIBE", "REFER")
        copied = _COPIED_WITH_ROUTE if forms_dialog else _COPIED
        out = Headers.of_wire([item for item in source if item[0] in copied])
        if status > 100 and "tag" not in request.to.params:
            out.set("To", f"{source.get('To')};tag={self.local_tag}")
        response = Response(status, reason, out)
        for name, value in headers:
            out.add(name, value)
        if content_type is not None:
            out.add("Content-Type", content_type)
        response.body = body
        return response

    def send_response(self, response: Response) -> None:
        """Sign and send a response built by `build_response` or relayed by the proxy. On a connection that is gone it
        goes nowhere."""
        if self.request.method == "ACK":
            raise RuntimeError("an ACK is never answered")
        if self.final_status:
            raise RuntimeError(f"{self.request.method} was answered {self.final_status} already")
        if response.status >= 200:
            self.final_status = response.status
        if self.signer is not None and response.status > 100:
            self.signer.sign(response)
        self._transactions.send_response(self, response)

    def dropped(self) -> None:
        """Nothing will be answered (an ACK, or a request on a connection that is closing)."""
        self.final_status = -1
        self._transactions.forget(self)
