"""Peeking knows the answer to a pushed INFO, and leaves everything else to parsing."""

from __future__ import annotations

import pytest

from parlour.sip.message import Response
from parlour.sip.peek import peek_info_answer

_VIA = "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKab12.17"


def _head(*lines: str, start: str = "SIP/2.0 200 OK") -> bytes:
    return "\r\n".join([start, *lines, ""]).encode()


@pytest.mark.parametrize("lines", [(_VIA, "CSeq: 1 INFO"), ("To: <sip:a@b>", _VIA), (_VIA, "Via: x;branch=z9hG4bKo.1")])
def test_seen(lines: tuple[str, ...]) -> None:
    assert peek_info_answer(_head(*lines)) == (b"ab12", 17, 200)
    assert Response.parse(_head(_VIA)).via.branch == "z9hG4bKab12.17"


@pytest.mark.parametrize(
    "head",
    [
        _head(_VIA + ";received=192.0.2.1"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12.x"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12.-1"),
        _head("Via: SIP/2.0/TCP h;branch=ab12.17"),
        _head("Via: SIP/2.0/TCP h"),
        _head(_VIA, start="sip/2.0 200 OK"),
        _head(_VIA, start="SIP/2.0 099 x"),
        _head(_VIA, start="SIP/2.0 2000 x"),
        _head(_VIA, start="INFO sip:a@b SIP/2.0"),
        b"",
    ],
)
def test_left_to_parsing(head: bytes) -> None:
    assert peek_info_answer(head) is None


def test_every_status() -> None:
    for status in (100, 180, 200, 299, 481, 503, 699):
        assert peek_info_answer(_head(_VIA, start=f"SIP/2.0 {status} Whatever")) == (b"ab12", 17, status)
