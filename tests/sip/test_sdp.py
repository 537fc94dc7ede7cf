"""The SDP of message sessions."""

from __future__ import annotations

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.sdp import message_session_answer, message_session_offer, parse_sdp

_SIPE = b"\r\n".join(
    [
        b"v=0",
        b"o=- 0 0 IN IP4 127.0.0.1",
        b"s=session",
        b"c=IN IP4 127.0.0.1",
        b"t=0 0",
        b"m=message 18301 sip null",
        b"a=accept-types:text/plain text/html image/gif",
        b"",
    ]
)


_TYPES = ("text/plain", "text/xml")


def _answer(offer: bytes) -> bytes:
    return message_session_answer(offer, "192.0.2.1", "sip:room@r", _TYPES)


def test_the_offer_of_sipe() -> None:
    session = parse_sdp(_SIPE)
    assert (session.origin, session.address) == ("- 0 0 IN IP4 127.0.0.1", "127.0.0.1")
    media = session.media[0]
    assert (media.kind, media.port, media.protocol, media.formats) == ("message", 18301, "sip", ("null",))
    assert media.attributes == (("accept-types", "text/plain text/html image/gif"),)


def test_the_answer() -> None:
    assert _answer(_SIPE) == (
        b"v=0\r\no=- 0 0 IN IP4 192.0.2.1\r\ns=session\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
        b"m=message 5060 sip sip:room@r\r\na=accept-types:text/plain text/xml\r\n"
    )
    assert b"c=IN IP6 ::1\r\n" in message_session_answer(_SIPE, "::1", "sip:room@r", _TYPES)


def test_no_offer_is_answered_with_one() -> None:
    assert _answer(b"") == message_session_offer("192.0.2.1", "sip:room@r", _TYPES)


def test_other_media_are_refused_in_their_place() -> None:
    offer = b"v=0\nm=audio 49170 RTP/AVP 0 8\nm=message 5060 sip null\nm=x-data 0 tcp\nm=message 1 sip null\n"
    media = parse_sdp(_answer(offer)).media
    assert [(one.kind, one.port) for one in media] == [("audio", 0), ("message", 5060), ("x-data", 0), ("message", 0)]
    assert media[0].formats == ("0", "8")


@pytest.mark.parametrize("offer", [b"v=0\r\n", b"v=0\nm=audio 1 RTP/AVP 0\n", b"v=0\nm=message 0 sip null\n"])
def test_nothing_to_accept_is_488(offer: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _answer(offer)
    assert caught.value.status == 488


@pytest.mark.parametrize(
    "offer",
    [
        b"hello",
        b"\r\nv=0\r\n",
        b"v=1\r\n",
        b"v=0\nm=message\n",
        b"v=0\nm=message x sip null\n",
        b"v=0\nm=message 65536 sip null\n",
        b"v=0\nm=message -1 sip null\n",
        b"v=0\n" + b"a=x\n" * 1001,
        b"v=0\n" + b"m=message 1 sip null\n" * 65,
    ],
)
def test_malformed_is_400(offer: bytes) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _answer(offer)
    assert caught.value.status == 400


def test_what_is_not_understood_is_passed_over() -> None:
    session = parse_sdp(b"v=0\r\nzzz\r\n\xff\xfe\r\nc=IN IP4 224.2.1.1/127\r\nm=message 5/2 sip a b\r\na=flag\r\n")
    assert session.address == "224.2.1.1"
    assert session.media[0].formats == ("a", "b")
    assert session.media[0].attributes == (("flag", ""),)
