"""The fuzz targets' invariants under hypothesis: any bytes, and bytes that look like SIP, cut anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.fuzz_sdp import check as check_offer
from fuzz.fuzz_sip import LIMITS, check_datagram, check_stream, check_uri
from parlour.sip.limits import SipLimits

_TORTURE = sorted(Path(__file__).parent.glob("torture/*/*.dat"))
_PIECES = (
    b"INVITE sip:a@b SIP/2.0\r\n",
    b"SIP/2.0 200 OK\r\n",
    b"OPTIONS sips:a:b@[::1]:5061;lr?x=y SIP/2.0\r\n",
    b"Via: SIP/2.0/tcp 192.0.2.1:5060;branch=z9hG4bK1\r\n",
    b"v: SIP/2.0/UDP [2001:db8::1]\r\n",
    b'From: "A \\" B" <sip:a@b>;tag=1\r\n',
    b"t: sip:c@d\r\n",
    b"Call-ID: x\r\n",
    b"CSeq: 1 INVITE\r\n",
    b"Max-Forwards: 70\r\n",
    b"Content-Length: 4\r\n",
    b"Content-Length: 0\r\n",
    b"l: 3\r\n",
    b"Content-Length: 301\r\n",
    b"CONTENT-length :\r\n 2\r\n",
    b"Content-Length: 1\r\n 2\r\n",
    b"Subject:\xff\xfe\r\n",
    b"X-Long: " + b"x" * 190 + b"\r\n",
    b" folded\r\n",
    b"\r\n",
    b"\r\n\r\n",
    b"\r",
    b"\n",
    b"body",
)
_sip_like = st.lists(st.sampled_from(_PIECES) | st.binary(max_size=3), max_size=25).map(b"".join)
_sizes = st.lists(st.integers(1, 60), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(_sip_like, _sizes)
def test_what_looks_like_sip(data: bytes, sizes: list[int]) -> None:
    check_stream(data, sizes)
    check_datagram(data)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    check_stream(data)
    check_datagram(data)


@pytest.mark.parametrize("path", _TORTURE, ids=lambda path: path.stem)
def test_torture_messages(path: Path) -> None:
    data = path.read_bytes()
    for limits in (SipLimits(), LIMITS):
        check_stream(data, [7, 100, 3], limits)
        check_datagram(data, limits)


@settings(max_examples=200, deadline=None)
@given(
    st.text("sipSIP:@.;=?&%[]0123456789abcdef,/ \xe9", max_size=30).map(lambda text: "sip:" + text)
    | st.text(max_size=20)
)
def test_any_uri(text: str) -> None:
    check_uri(text)


_SDP = (b"v=0\r\n", b"m=message 5060 sip null\r\n", b"m=audio 1 RTP/AVP 0\n", b"a=x:y\r\n", b"c=IN IP4 192.0.2.1\r\n")


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_SDP) | st.binary(max_size=5), max_size=12).map(b"".join))
def test_any_offer(body: bytes) -> None:
    check_offer(body)
    check_offer(b"v=0\r\n" + body)
