"""Peeking sees what parsing would see, or nothing."""

from __future__ import annotations

import pytest

from parlour.sip.message import Response
from parlour.sip.peek import Peek, peek_response

_VIA = "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKab.17"


def _head(*lines: str, start: str = "SIP/2.0 200 OK") -> bytes:
    return "\r\n".join([start, *lines, ""]).encode()


@pytest.mark.parametrize(
    "lines",
    [
        (_VIA, "CSeq: 1 INFO"),
        ("To: <sip:a@b>", _VIA),
        (_VIA + ";received=192.0.2.1;rport=7", "CSeq: 1 INFO"),
        (_VIA, "Via: SIP/2.0/TCP other;branch=z9hG4bKother"),
        (_VIA, "X: ;branch=fake"),
        ("X: ;branch=fake", _VIA),
    ],
)
def test_seen(lines: tuple[str, ...]) -> None:
    head = _head(*lines)
    assert peek_response(head) == Peek(200, b"z9hG4bKab.17")
    assert Response.parse(head).via.branch == "z9hG4bKab.17"


@pytest.mark.parametrize(
    "head",
    [
        _head("via: SIP/2.0/TCP h;branch=x"),
        _head("v: SIP/2.0/TCP h;branch=x"),
        _head("Via: SIP/2.0/TCP h ;branch =x"),
        _head("Via: SIP/2.0/TCP h", "X: ;branch=fake"),
        _head("Via: SIP/2.0/TCP h", " ;branch=x"),
        _head(_VIA, start="sip/2.0 200 OK"),
        _head(_VIA, start="SIP/2.0 200"),
        _head(_VIA, start="SIP/2.0 099 x"),
        _head(_VIA, start="SIP/2.0 2000 x"),
        _head(_VIA, start="INFO sip:a@b SIP/2.0"),
        _head("X: Via: SIP/2.0/TCP h;branch=fake"),
        b"",
    ],
)
def test_left_to_parsing(head: bytes) -> None:
    assert peek_response(head) is None


def test_every_status() -> None:
    for status in (100, 180, 200, 299, 481, 503, 699):
        peeked = peek_response(_head(_VIA, start=f"SIP/2.0 {status} Whatever"))
        assert peeked is not None
        assert peeked.status == status
