"""Peeking knows the 200 to a pushed INFO, and leaves everything else to framing and parsing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlour.sip.errors import FramingError
from parlour.sip.framing import StreamFramer
from parlour.sip.message import Response
from parlour.sip.peek import peek_info_answer, peek_info_answers

_VIA = "Via: SIP/2.0/TCP 127.0.0.1:5060;branch=z9hG4bKab12.17"
_EMPTY = "Content-Length: 0"


def _head(*lines: str, start: str = "SIP/2.0 200 OK") -> bytes:
    return "\r\n".join([start, *lines, ""]).encode()


def _answer(number: int, *lines: str) -> bytes:
    return _head(_VIA.replace("17", str(number)), *(lines or (_EMPTY,))) + b"\r\n"


@pytest.mark.parametrize("lines", [(_VIA, "CSeq: 1 INFO"), ("To: <sip:a@b>", _VIA), (_VIA, "Via: x;branch=z9hG4bKo.1")])
def test_seen(lines: tuple[str, ...]) -> None:
    assert peek_info_answer(_head(*lines)) == (b"ab12", 17, _head(*lines))
    assert Response.parse(_head(_VIA)).via.branch == "z9hG4bKab12.17"


@pytest.mark.parametrize(
    "head",
    [
        _head(_VIA + ";received=192.0.2.1"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12.x"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12.-1"),
        _head("Via: SIP/2.0/TCP h;branch=z9hG4bKab12." + 5000 * "9"),
        _head("Via: SIP/2.0/TCP h;branch=ab12.17"),
        _head("Via: SIP/2.0/TCP h"),
        _head(_VIA, start="sip/2.0 200 OK"),
        _head(_VIA, start="SIP/2.0 099 x"),
        _head(_VIA, start="SIP/2.0 2000 x"),
        _head(_VIA, start="SIP/2.0 100 Trying"),
        _head(_VIA, start="SIP/2.0 481 Gone"),
        _head(_VIA, start="INFO sip:a@b SIP/2.0"),
        b"",
    ],
)
def test_left_to_parsing(head: bytes) -> None:
    assert peek_info_answer(head) is None
    assert not peek_info_answers(head + b"Content-Length: 0\r\n\r\n")


def test_several_that_came_together() -> None:
    signed = _answer(2, _EMPTY, 'Authorization: NTLM qop="auth"')
    data = _answer(1) + signed + _answer(30)
    found = peek_info_answers(data)
    assert found is not None
    assert [(token, number) for token, number, _ in found] == [(b"ab12", 1), (b"ab12", 2), (b"ab12", 30)]
    assert b"".join(head + b"\r\n\r\n" for _, _, head in found) == data


@pytest.mark.parametrize(
    "data",
    [
        _answer(1)[:-2],
        _answer(1) + _answer(2)[:-1],
        b"\r\n" + _answer(1),
        _answer(1) + b"\r\n\r\n",
        _answer(1) + b"INFO sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n",
        _answer(1, "Content-Length: 4") + b"\r\n\r\n",
        _answer(1, "Content-Length: 40") + _answer(2),
        _answer(1, "Content-Length: 05"),
        _answer(1, "l: 0"),
        _answer(1, "CSeq: 1 INFO"),
        _answer(1, "X: " + 40_000 * "x", _EMPTY),
        b"",
    ],
)
def test_data_that_is_left_to_framing(data: bytes) -> None:
    assert not peek_info_answers(data)


@given(
    st.lists(
        st.sampled_from(
            [
                _answer(1),
                _answer(2, _EMPTY, "X: y"),
                _answer(3, "Content-Length: 4"),
                b"abcd",
                b"\r\n",
                b"\r\n\r\n",
                b"l",
            ]
        ),
        max_size=6,
    )
)
def test_what_is_seen_is_what_framing_cuts(parts: list[bytes]) -> None:
    data = b"".join(parts)
    found = peek_info_answers(data)
    if found:
        assert StreamFramer().receive(data) == [(head + b"\r\n", b"") for _, _, head in found]


@pytest.mark.parametrize(
    ("data", "idle"),
    [
        (b"", True),
        (_answer(1), True),
        (_answer(1)[:-1], False),
        (b"\r\n", False),
        (b"\r\n\r\n", True),
        (_answer(1) + b"\r\n", False),
        (b"\r\n" + _answer(1), True),
        (_answer(1, "Content-Length: 4"), False),
        (_answer(1, "Content-Length: 4") + b"abcd", True),
    ],
)
def test_a_framer_says_whether_something_has_begun(data: bytes, idle: bool) -> None:
    framer = StreamFramer()
    framer.receive(data)
    assert framer.idle is idle
    framer = StreamFramer()
    for byte in data:
        framer.receive(bytes([byte]))
    assert framer.idle is idle


def test_a_stream_that_is_lost_takes_nothing_more() -> None:
    framer = StreamFramer()
    with pytest.raises(FramingError):
        framer.receive(_answer(1, "Content-Length: x"))
    assert not framer.idle
    assert framer.receive(_answer(1)) == []
    assert not framer.idle
