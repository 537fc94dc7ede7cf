"""SIP requests and responses: parse, write, and the structured headers everybody asks for. RFC 3261 section 7.

`parse_message` checks the syntax of the start line and of header lines, which is all that is needed to keep a message;
`check` adds what section 8.1.1 demands of every message. Structured values are parsed when first asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Self, TypeVar

from parlour.sip.errors import LocalProtocolError, RemoteProtocolError
from parlour.sip.fields import Headers, canonical_name
from parlour.sip.grammar import TOKEN, check_text, encode
from parlour.sip.headers import CSeq, NameAddr, Via, parse_name_addrs, parse_vias
from parlour.sip.limits import DEFAULT_LIMITS, SipLimits
from parlour.sip.lines import head_lines, header_pairs, unfold
from parlour.sip.reasons import reason_for
from parlour.sip.uri import SipUri

__all__ = ["Headers", "Message", "Request", "Response", "parse_message", "salvage_headers"]

T = TypeVar("T")

_REQUEST_LINE = re.compile(r"([A-Za-z0-9\-.!%*_+`'~]++) ([^\s<>]++) SIP/([0-9]++\.[0-9]++)", re.IGNORECASE)
_STATUS_LINE = re.compile(r"SIP/([0-9]++\.[0-9]++) ([1-6][0-9][0-9])(?: (.*+))?", re.IGNORECASE | re.DOTALL)
_PLAIN_URI = re.compile(r"[!#-;=?-~]++")
_STATUS_LINES = {f"SIP/2.0 {status} ": status for status in range(100, 700)}

# Lines that may stand once only; twice with different values is an attack or a bug (RFC 4475 section 3.3.9).
_SINGLE = frozenset({"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Type", "Expires", "Content-Length"})


class Message:
    """What requests and responses share. Accessors raise RemoteProtocolError 400 for a missing or malformed header."""

    __slots__ = ("body", "headers")

    headers: Headers
    body: bytes

    def _cached(self, key: str, work_out: Callable[[Self], T]) -> T:
        parsed = self.headers.parsed
        if key not in parsed:
            parsed[key] = work_out(self)
        value: T = parsed[key]
        return value

    def _required(self, name: str) -> str:
        value = self.headers.get(name)
        if value is None:
            raise RemoteProtocolError(400, f"Missing {name} Header")
        return value

    @property
    def vias(self) -> list[Via]:
        """All hops, topmost first."""
        return self._cached("vias", _parse_vias)

    @property
    def via(self) -> Via:
        """The topmost hop."""
        vias = self.vias
        if not vias:
            raise RemoteProtocolError(400, "Missing Via Header")
        return vias[0]

    @property
    def from_(self) -> NameAddr:
        return self._cached("from", _parse_from)

    @property
    def to(self) -> NameAddr:
        return self._cached("to", _parse_to)

    @property
    def call_id(self) -> str:
        return self._required("Call-ID")

    @property
    def cseq(self) -> CSeq:
        return self._cached("cseq", _parse_cseq)

    def _addresses(self, name: str) -> list[NameAddr]:
        return self._cached(name, lambda message: parse_name_addrs(message.headers.get_all(name)))

    @property
    def contacts(self) -> list[NameAddr]:
        """All contacts; `*` is one whose uri is "*"."""
        return self._addresses("Contact")

    @property
    def routes(self) -> list[NameAddr]:
        return self._addresses("Route")

    @property
    def record_routes(self) -> list[NameAddr]:
        return self._addresses("Record-Route")

    @property
    def max_forwards(self) -> int | None:
        """0 to 255 (section 20.22), None if the header is absent."""
        return self._number("Max-Forwards", 255)

    @property
    def expires(self) -> int | None:
        """Seconds, below 2**32 (section 20.19), None if absent or unreadable (then a default holds)."""
        try:
            return self._number("Expires", 2**32 - 1)
        except RemoteProtocolError:
            return None

    def _number(self, name: str, largest: int) -> int | None:
        value = self.headers.get(name)
        if value is None:
            return None
        if not (value.isascii() and value.isdigit()) or len(value) > 20 or int(value) > largest:
            raise RemoteProtocolError(400, f"Malformed {name}")
        return int(value)

    @property
    def content_type(self) -> str | None:
        """The media type in lower case without its parameters, None if the header is absent."""
        value = self.headers.get("Content-Type")
        return None if value is None else value.partition(";")[0].strip(" \t").lower()

    def tokens(self, name: str) -> list[str]:
        """The elements of a list of tokens (Supported, Require, Allow, ...) in lower case; empty ones are skipped."""
        items = ",".join(self.headers.get_all(name)).split(",")
        return [item for item in (raw.strip(" \t").lower() for raw in items) if item]

    def check(self) -> None:
        """What section 8.1.1 demands of every message. Raises RemoteProtocolError 400 with a reason that says what."""
        if self.headers.repeats:
            self._check_repeats()
        _ = self.via, self.from_, self.to, self.max_forwards, self.cseq
        if not self.call_id:
            raise RemoteProtocolError(400, "Missing Call-ID Header")

    def _check_repeats(self) -> None:
        single = [name for name, _ in self.headers if name in _SINGLE]
        if len(set(single)) < len(single):
            raise RemoteProtocolError(400, f"Repeated {_repeated(single)} Header")

    def _wire(self, start_line: str) -> bytes:
        check_text(start_line, "start line")
        lines = "".join([f"{name}: {value}\r\n" for name, value in self.headers if name != "Content-Length"])
        return encode(f"{start_line}\r\n{lines}Content-Length: {len(self.body)}\r\n\r\n") + self.body

    def _same_content(self, other: Message) -> bool:
        # Content-Length is framing: it is written from the body, so it is not compared.
        mine = [item for item in self.headers if item[0] != "Content-Length"]
        return self.body == other.body and mine == [item for item in other.headers if item[0] != "Content-Length"]

    __hash__ = None  # type: ignore[assignment]  # mutable


def _repeated(names: list[str]) -> str:
    """The first that stands there a second time."""
    return next(name for at, name in enumerate(names) if name in names[:at])


# Functions, and not lambdas where they are asked for: those would be made anew at every look, for each message.


def _parse_vias(message: Message) -> list[Via]:
    return parse_vias(message.headers.get_all("Via"))


def _parse_from(message: Message) -> NameAddr:
    return NameAddr.parse(message._required("From"))


def _parse_to(message: Message) -> NameAddr:
    return NameAddr.parse(message._required("To"))


def _parse_cseq(message: Message) -> CSeq:
    return CSeq.parse(message._required("CSeq"))


class Request(Message):
    """A request; `uri` is the Request-URI as written."""

    __slots__ = ("method", "uri")

    def __init__(
        self, method: str, uri: str, headers: Headers | Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.method = method
        self.uri = uri
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.body = body

    @classmethod
    def parse(cls, head: bytes, body: bytes = b"", limits: SipLimits = DEFAULT_LIMITS) -> Request:
        """As `parse_message`, for a caller who can only use a request."""
        message = parse_message(head, body, limits)
        if not isinstance(message, Request):
            raise RemoteProtocolError(400, "Not A Request")
        return message

    @property
    def sip_uri(self) -> SipUri:
        """The Request-URI, parsed. Raises RemoteProtocolError: 416 for another scheme, 400."""
        return self._cached("uri " + self.uri, _parse_uri)

    def check(self) -> None:
        """As `Message.check`; besides, CSeq must name the method (section 8.1.1.5) and a SIP URI must be one.

        Other schemes are let through: 416 is for whoever is to route the request.
        """
        super().check()
        if self.uri.partition(":")[0].lower() in ("sip", "sips") and self.sip_uri.headers:
            raise RemoteProtocolError(400, "Headers In Request-URI")  # section 19.1.1, table 1
        if self.cseq.method != self.method:
            raise RemoteProtocolError(400, "CSeq Method Does Not Match")

    def serialize(self) -> bytes:
        """The octets to send, Content-Length last and always right. Raises LocalProtocolError."""
        if not TOKEN.fullmatch(self.method) or not self.uri or _BLANK.search(self.uri):
            raise LocalProtocolError(f"not a request line: {self.method!r} {self.uri!r}")
        return self._wire(f"{self.method} {self.uri} SIP/2.0")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Request)
            and (self.method, self.uri) == (other.method, other.uri)
            and self._same_content(other)
        )

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.uri!r}, {self.headers!r}, body={len(self.body)} octets)"


def _parse_uri(request: Request) -> SipUri:
    return SipUri.parse(request.uri)


_BLANK = re.compile(r"[\s<>]")


class Response(Message):
    """A response."""

    __slots__ = ("reason", "status")

    def __init__(
        self, status: int, reason: str = "", headers: Headers | Iterable[tuple[str, str]] = (), body: bytes = b""
    ) -> None:
        self.status = status
        self.reason = reason or reason_for(status)
        self.headers = headers if isinstance(headers, Headers) else Headers(headers)
        self.body = body

    @classmethod
    def parse(cls, head: bytes, body: bytes = b"", limits: SipLimits = DEFAULT_LIMITS) -> Response:
        """As `parse_message`, for a caller who can only use a response."""
        message = parse_message(head, body, limits)
        if not isinstance(message, Response):
            raise RemoteProtocolError(400, "Not A Response")
        return message

    @classmethod
    def to_request(cls, source: Headers, status: int, reason: str = "", *, to_tag: str = "") -> Response:
        """The bare answer of section 8.2.6: Via, From, To (with our tag unless it has one), Call-ID and CSeq copied.

        `source` are the headers of the request, or what `salvage_headers` could save of one.
        """
        copied = Headers.of_wire([item for item in source if item[0] in _COPIED])
        to = copied.get("To")
        if to_tag and status > 100 and to is not None and not _has_tag(to):
            copied.set("To", f"{to};tag={to_tag}")
        return cls(status, reason, copied)

    def serialize(self) -> bytes:
        """The octets to send, Content-Length last and always right. Raises LocalProtocolError."""
        if not 100 <= self.status <= 699:
            raise LocalProtocolError(f"not a status: {self.status}")
        return self._wire(f"SIP/2.0 {self.status} {self.reason}")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Response)
            and (self.status, self.reason) == (other.status, other.reason)
            and self._same_content(other)
        )

    def __repr__(self) -> str:
        return f"Response({self.status}, {self.reason!r}, {self.headers!r}, body={len(self.body)} octets)"


def _has_tag(to: str) -> bool:
    try:
        return NameAddr.parse(to).tag is not None
    except RemoteProtocolError:
        return True  # what cannot be read is sent back as it came


_NEEDED_TO_ANSWER = ("Via", "From", "To", "Call-ID", "CSeq")
_COPIED = frozenset({"Via", "From", "To", "Call-ID", "CSeq", "Timestamp"})


def parse_message(head: bytes, body: bytes = b"", limits: SipLimits = DEFAULT_LIMITS) -> Request | Response:
    """A framed message: `head` is start line and header lines, with or without the last CRLF; `body` all of the body.

    Raises RemoteProtocolError: 400 malformed or beyond a limit, 505 for another SIP version.
    """
    lines = head_lines(head, limits)
    items = header_pairs(lines, len(body))
    if items is None:
        # Continuation lines: rare, so that everyone else is spared looking for them.
        lines = unfold(lines, limits)
        items = header_pairs(lines, len(body))
        if items is None:
            raise RemoteProtocolError(400, "Malformed Header Line")
    message = _start(lines[0])
    message.headers = Headers.of_wire(items)
    message.body = body
    return message


def _start(line: str) -> Request | Response:
    """A message that has only what its first line says. The usual spellings first, then the whole grammar."""
    status = _STATUS_LINES.get(line[:12])
    if status is not None:
        return _new_response(status, line[12:])
    parts = line.split(" ")
    if len(parts) == 3 and parts[2] == "SIP/2.0" and TOKEN.fullmatch(parts[0]) and _PLAIN_URI.fullmatch(parts[1]):
        return _new_request(parts[0], parts[1])
    found = _REQUEST_LINE.fullmatch(line)
    if found is not None:
        _check_version(found[3])
        return _new_request(found[1], found[2])
    found = _STATUS_LINE.fullmatch(line)
    if found is None:
        raise RemoteProtocolError(400, "Malformed Start Line")
    _check_version(found[1])
    return _new_response(int(found[2]), found[3] or "")


def _new_request(method: str, uri: str) -> Request:
    request = Request.__new__(Request)
    request.method = method
    request.uri = uri
    return request


def _new_response(status: int, reason: str) -> Response:
    response = Response.__new__(Response)
    response.status = status
    response.reason = reason
    return response


def _check_version(version: str) -> None:
    if version != "2.0":
        raise RemoteProtocolError(505, "Version Not Supported")


def salvage_headers(head: bytes, limits: SipLimits = DEFAULT_LIMITS) -> Headers | None:
    """What a refused request offers to answer it with: its headers, if what every answer needs is there.

    None if no answer can be sent: Via, From, To, Call-ID or CSeq is missing, or the head is a response or not SIP.
    """
    if head[:4].upper() == b"SIP/":
        return None
    items: list[tuple[str, str]] = []
    try:
        for line in unfold(head_lines(head, limits), limits)[1:]:
            name, colon, value = line.partition(":")
            name = name.rstrip(" \t")
            if colon and TOKEN.fullmatch(name):
                items.append((canonical_name(name), value.strip(" \t")))
        headers = Headers.of_wire(items)
    except RemoteProtocolError:
        return None
    return headers if all(name in headers for name in _NEEDED_TO_ANSWER) else None
