"""Cutting streams and datagrams."""

from __future__ import annotations

import pytest

from parlour.sip.errors import FramingError
from parlour.sip.framing import KEEP_ALIVE, Frame, StreamFramer, content_length, parse_datagram
from parlour.sip.limits import SipLimits

_LIMITS = SipLimits(head=200, body=100)


def _message(body: bytes = b"", length: str = "Content-Length: %d", name: bytes = b"x") -> bytes:
    line = (length % len(body) if "%d" in length else length).encode()
    return b"INFO sip:%b SIP/2.0\r\nCall-ID: 1\r\n%b\r\n\r\n%b" % (name, line, body)


def _refusal(data: bytes, limits: SipLimits = _LIMITS) -> FramingError:
    with pytest.raises(FramingError) as caught:
        StreamFramer(limits).receive(data)
    return caught.value


def test_several_messages_in_one_chunk_and_one_in_several() -> None:
    framer = StreamFramer()
    one, two = _message(b"first"), _message(b"", name=b"y")
    assert framer.receive(one + two + one[:10]) == [
        Frame(one[:-7], b"first"),
        Frame(two[:-2], b""),
    ]
    assert framer.pending == 10
    assert framer.receive(one[10:40]) == []
    assert framer.receive(one[40:] + b"\r\n") == [Frame(one[:-7], b"first")]
    assert framer.pending == 0


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: 4",
        "content-length:4",
        "CONTENT-LENGTH \t:  4  ",
        "l:4",
        "L :\r\n 4",
        "Content-Length: 04",
        "Content-Length: 4\r\nl: 4",
        "Content-Length: 4\r\nX: y",
        "X: Content-Length: 9\r\nl: 4",
        "XContent-Length: 9\r\nl: 4",
    ],
)
def test_content_length_in_any_spelling(line: str) -> None:
    data = _message(b"body", line)
    assert StreamFramer().receive(data + b"more") == [Frame(data[:-6], b"body")]
    frame = parse_datagram(data + b"more")
    assert frame == Frame(data[:-6], b"body")


def test_without_content_length() -> None:
    # On a stream there is no body then (everything else would wait for ever); in a datagram it is the rest.
    data = _message(b"body", "X: y")
    assert StreamFramer().receive(data[:-4]) == [Frame(data[:-6], b"")]
    assert parse_datagram(data) == Frame(data[:-6], b"body")


def test_pings() -> None:
    framer = StreamFramer()
    data = _message()
    # One CRLF is a pong or somebody's habit; two are a ping (RFC 5626 section 3.5.1).
    assert framer.receive(b"\r\n") == []
    assert framer.receive(b"\r\n") == [KEEP_ALIVE]
    assert framer.receive(b"\r\n" + data) == [Frame(data[:-2], b"")]
    assert framer.receive(b"\r\n\r\n\r\n\r\n") == [KEEP_ALIVE, KEEP_ALIVE]
    assert framer.receive(b"\r") == []
    assert framer.receive(b"\n\r") == []
    assert framer.receive(b"\n") == [KEEP_ALIVE]
    assert framer.receive(b"") == []
    assert framer.pending == 0


def test_too_large_a_body_is_refused_before_it_comes() -> None:
    data = _message(b"", "Content-Length: 101")
    error = _refusal(data)
    assert (error.status, error.reason, error.head) == (413, "Request Entity Too Large", data[:-2])
    assert _refusal(_message(b"", f"Content-Length: {'9' * 5000}"), SipLimits()).status == 413
    StreamFramer(_LIMITS).receive(_message(b"", "Content-Length: 100"))


def test_too_large_a_head_is_refused_before_it_ends() -> None:
    framer = StreamFramer(_LIMITS)
    framer.receive(b"x" * 203)
    with pytest.raises(FramingError) as caught:
        framer.receive(b"x")
    assert (caught.value.status, caught.value.reason) == (513, "Message Too Large")
    assert _refusal(b"x" * 201 + b"\r\n\r\n").status == 513
    assert StreamFramer(_LIMITS).receive(b"x" * 200 + b"\r\n\r\n") != []


@pytest.mark.parametrize(
    "line",
    [
        "Content-Length: -1",
        "l: ",
        "Content-Length: 1 2",
        "Content-Length: 1, 1",
        "l: 1\r\nl: 2",
        "l: 1_0",
        "l: +1",
        "l: x",
        "l: 1\r2",
        "l: 1\n2",
    ],
)
def test_nonsense_ends_the_stream(line: str) -> None:
    error = _refusal(_message(b"", line))
    assert (error.status, error.reason) == (400, "Malformed Content-Length")
    with pytest.raises(FramingError):
        parse_datagram(_message(b"", line))


def test_what_came_before_the_fault_is_not_lost_and_nothing_comes_after() -> None:
    good = _message(b"ok")
    framer = StreamFramer(_LIMITS)
    with pytest.raises(FramingError) as caught:
        framer.receive(good + _message(b"", "l: x") + good)
    assert caught.value.frames == [Frame(good[:-4], b"ok")]
    assert framer.receive(good) == []
    assert framer.pending == 0


def test_a_large_body_in_many_pieces_is_not_searched_again() -> None:
    body = bytes(range(256)) * 1000
    data = _message(body)
    framer = StreamFramer()
    frames = [frame for at in range(0, len(data), 100) for frame in framer.receive(data[at : at + 100])]
    assert frames == [Frame(data[: -len(body) - 2], body)]


def test_datagrams_that_hold_no_message() -> None:
    assert parse_datagram(b"") is None
    assert parse_datagram(b"\r\n") is None
    assert parse_datagram(b"\r\n\r\n") is KEEP_ALIVE


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"INFO sip:x SIP/2.0\r\nTo: x\r\n", 400),
        (_message(b"", "l: 1"), 400),
        (_message(b"", "l: 101"), 413),
        (_message(b"x" * 101, "X: y"), 413),
        (b"x" * 201 + b"\r\n\r\n", 513),
    ],
)
def test_refused_datagrams(data: bytes, status: int) -> None:
    with pytest.raises(FramingError) as caught:
        parse_datagram(data, _LIMITS)
    assert caught.value.status == status


def test_leading_line_breaks_of_a_datagram() -> None:
    data = _message(b"body")
    assert parse_datagram(b"\r\n\r\n" + data) == Frame(data[:-6], b"body")


def test_content_length_alone() -> None:
    assert content_length(b"INFO x SIP/2.0\r\nl: 7\r\n") == 7
    assert content_length(b"INFO x SIP/2.0\r\nTo: l: 7\r\n") is None
