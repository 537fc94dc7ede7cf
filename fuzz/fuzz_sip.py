"""Any bytes on a SIP stream or in a datagram give messages or a documented refusal, however they are cut.

It begins with the torture messages of RFC 4475 and RFC 5118. The invariants are also hypothesis tests,
tests/sip/test_invariant.py.
"""

from __future__ import annotations

from pathlib import Path

from parlour.sip.errors import FramingError, RemoteProtocolError
from parlour.sip.framing import KEEP_ALIVE, Frame, StreamFramer, parse_datagram
from parlour.sip.headers import NameAddr, Via
from parlour.sip.limits import SipLimits
from parlour.sip.message import Request, Response, parse_message, salvage_headers
from parlour.sip.peek import peek_info_answer
from parlour.sip.transactions.keys import client_key, server_key
from parlour.sip.uri import SipUri, aor

TORTURE = Path(__file__).resolve().parents[1] / "tests" / "sip" / "torture"
STATUSES = frozenset({400, 413, 416, 505, 513})
LIMITS = SipLimits(start_line=200, header_line=200, header_count=20, head=1000, body=300)
"""Small ones, so that a fuzzer reaches them."""

Outcome = tuple[list[Frame], tuple[int, str, bytes] | None]


def seeds() -> list[bytes]:
    """Messages to begin with."""
    return [path.read_bytes() for path in sorted(TORTURE.glob("*/*.dat"))]


def check(data: bytes) -> None:
    """The invariants: raises AssertionError, or anything but a documented error, when one does not hold."""
    check_stream(data)
    check_datagram(data)
    check_uri(data.decode("utf-8", "surrogateescape"))


def cut(data: bytes, sizes: list[int], limits: SipLimits = LIMITS) -> Outcome:
    """What a framer says to `data` in pieces of these sizes (the last one repeated): frames, and the refusal if any."""
    framer = StreamFramer(limits)
    frames: list[Frame] = []
    position, turn = 0, 0
    while position < len(data):
        size = max(1, sizes[min(turn, len(sizes) - 1)])
        try:
            frames += framer.receive(data[position : position + size])
        except FramingError as error:
            return frames + error.frames, (error.status, error.reason, error.head)
        position, turn = position + size, turn + 1
        assert framer.pending <= limits.head + limits.body + 4 + size
    return frames, None


def check_stream(data: bytes, sizes: list[int] | None = None, limits: SipLimits = LIMITS) -> None:
    """One chunk, byte by byte, or in the given pieces: the same frames and the same refusal; each frame as below."""
    frames, refusal = whole = cut(data, [len(data) or 1], limits)
    assert cut(data, [1], limits) == whole
    if sizes:
        assert cut(data, sizes, limits) == whole
    assert refusal is None or refusal[0] in STATUSES
    for frame in frames:
        if frame is not KEEP_ALIVE:
            check_frame(frame, limits)


def check_datagram(data: bytes, limits: SipLimits = LIMITS) -> None:
    """One datagram: a frame, nothing, or a refusal."""
    try:
        frame = parse_datagram(data, limits)
    except FramingError as error:
        assert error.status in STATUSES
        return
    if frame is not None and frame is not KEEP_ALIVE:
        check_frame(frame, limits)


def check_frame(frame: Frame, limits: SipLimits = LIMITS) -> None:
    """A frame parses or is refused; what parses survives being written and parsed again."""
    peek_info_answer(frame.head)
    salvage_headers(frame.head, limits)
    try:
        message = parse_message(frame.head, frame.body, limits)
    except RemoteProtocolError as error:
        assert error.status in STATUSES
        return
    again = StreamFramer().receive(message.serialize())
    assert len(again) == 1, again
    assert parse_message(*again[0]) == message
    check_structured(message)


def check_structured(message: Request | Response) -> None:
    """A message that passes `check` keeps its promises: the structured headers are there, and written the same."""
    try:
        message.check()
    except RemoteProtocolError as error:
        assert error.status in STATUSES
        return
    assert str(Via.parse(str(message.via))) == str(message.via)
    for address in (message.from_, message.to):
        assert NameAddr.parse(str(address)) == address
    client_key(message)
    if isinstance(message, Request):
        server_key(message)
        check_uri(message.uri)
        Response.to_request(message.headers, 400, to_tag="t").serialize()


def check_uri(text: str) -> None:
    """A URI is refused or survives being written."""
    try:
        uri = SipUri.parse(text)
    except RemoteProtocolError as error:
        assert error.status in STATUSES
        return
    assert SipUri.parse(str(uri)) == uri
    assert uri.matches(uri)
    assert aor(aor(text)) == aor(text)
