"""Messages: parse, write, and what `check` demands."""

from __future__ import annotations

import pytest
import sipmessage

from parlour.sip.errors import LocalProtocolError, RemoteProtocolError
from parlour.sip.limits import SipLimits
from parlour.sip.message import Headers, Request, Response, parse_message, salvage_headers
from parlour.sip.reasons import reason_for

_LINES = (
    "Via: SIP/2.0/tcp 127.0.0.1:34442",
    "From: <sip:alice@contoso.com>;tag=560020834;epid=c97532c1946f",
    "To: <sip:ocschat@contoso.com>;tag=C37CBC97",
    "Max-Forwards: 70",
    "CSeq: 2 INFO",
    "Call-ID: C76Bg09D4aCCE9iBF74mBB00tF827bFD0ExF98Fx",
    "Content-Type: text/plain;charset=UTF-8",
)
_START = "INFO sip:127.0.0.1:18301;transport=tcp;x=ocschat SIP/2.0"


def _head(*lines: str, start: str = _START) -> bytes:
    return "\r\n".join([start, *lines, ""]).encode()


def _info(*more: str, without: str = "") -> Request:
    lines = [line for line in _LINES if not (without and line.startswith(without))]
    return Request.parse(_head(*lines, *more))


def _refusal(head: bytes, body: bytes = b"", limits: SipLimits | None = None) -> tuple[int, str]:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_message(head, body, limits or SipLimits())
    return caught.value.status, caught.value.reason


def test_an_info_of_sipe() -> None:
    request = _info()
    request.check()
    assert (request.method, request.sip_uri.host, request.sip_uri.port) == ("INFO", "127.0.0.1", 18301)
    assert request.via.branch is None
    assert (request.from_.tag, request.from_.params["epid"]) == ("560020834", "c97532c1946f")
    assert (request.cseq.number, request.content_type, request.expires) == (2, "text/plain", None)
    assert request.call_id == "C76Bg09D4aCCE9iBF74mBB00tF827bFD0ExF98Fx"


def test_an_independent_reader_agrees() -> None:
    request = _info("Supported: timer", "Contact: <sip:alice@h>")
    request.body = "héllo".encode()
    theirs = sipmessage.Message.parse(request.serialize())
    assert isinstance(theirs, sipmessage.Request)
    assert (theirs.method, str(theirs.uri), theirs.body) == (request.method, request.uri, request.body)
    assert theirs.from_address.parameters["tag"] == request.from_.tag
    assert (theirs.cseq.sequence, theirs.cseq.method) == (2, "INFO")
    assert (theirs.call_id, theirs.max_forwards) == (request.call_id, request.max_forwards)
    back = sipmessage.Message.parse(Response.to_request(request.headers, 481, to_tag="x").serialize())
    assert isinstance(back, sipmessage.Response)
    assert (back.code, back.phrase, back.to_address.parameters["tag"]) == (481, reason_for(481), "C37CBC97")


def test_and_we_agree_with_an_independent_writer() -> None:
    theirs = sipmessage.Request(method="OPTIONS", uri=sipmessage.URI.parse("sip:a@[::1]:5061;transport=tls"))
    theirs.via = [sipmessage.Via.parse("SIP/2.0/TLS h:5061;branch=z9hG4bKq;rport")]
    theirs.from_address = sipmessage.Address.parse('"A, B" <sip:a@b>;tag=1')
    theirs.to_address = sipmessage.Address.parse("<sip:c@d>")
    theirs.cseq = sipmessage.CSeq(sequence=7, method="OPTIONS")
    theirs.call_id = "z"
    head, _, body = bytes(theirs).partition(b"\r\n\r\n")
    request = Request.parse(head, body)
    request.check()
    assert (request.sip_uri.host, request.via.branch, request.from_.display) == ("::1", "z9hG4bKq", "A, B")


def test_writing() -> None:
    request = Request("MESSAGE", "sip:a@b", [("v", "SIP/2.0/TCP h"), ("content-length", "999")], b"hi")
    assert request.serialize() == b"MESSAGE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h\r\nContent-Length: 2\r\n\r\nhi"
    assert Response(200).serialize() == b"SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert Response(299).reason == "Response"


@pytest.mark.parametrize(
    "message",
    [
        Request("IN FO", "sip:a@b"),
        Request("", "sip:a@b"),
        Request("INFO", "sip:a@b SIP/2.0\r\nX: y"),
        Request("INFO", ""),
        Request("INFO", "<sip:a@b>"),
        Response(200, "OK\r\nX: y"),
        Response(99, "Low"),
        Response(700, "High"),
    ],
)
def test_what_we_would_refuse_to_read_we_refuse_to_write(message: Request | Response) -> None:
    with pytest.raises(LocalProtocolError):
        message.serialize()


def test_octets_that_are_not_utf8_come_out_as_they_went_in() -> None:
    head = _head(*_LINES).replace(b"Max-Forwards: 70", b"Subject: \xff\xfe caf\xe9 \xed\xa0\x80")
    assert b"Subject: \xff\xfe caf\xe9 \xed\xa0\x80\r\n" in Request.parse(head).serialize()


def test_structured_values_follow_changes() -> None:
    request = _info()
    assert request.cseq.number == 2
    request.headers.set("CSeq", "3 INFO")
    assert request.cseq.number == 3
    assert request.sip_uri.user is None
    request.uri = "sip:x@y"
    assert request.sip_uri.user == "x"


@pytest.mark.parametrize("name", ["Via", "From", "To", "Call-ID", "CSeq"])
def test_every_message_has_these(name: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _info(without=name).check()
    assert (caught.value.status, caught.value.reason) == (400, f"Missing {name} Header")


def test_an_empty_call_id_is_none() -> None:
    with pytest.raises(RemoteProtocolError):
        _info("Call-ID:", without="Call-ID").check()


def test_max_forwards_may_be_missing() -> None:
    _info(without="Max-Forwards").check()


@pytest.mark.parametrize("value", ["256", "-1", "x", "", "1" * 30, "\u0667"])
def test_max_forwards_has_eight_bits(value: str) -> None:
    with pytest.raises(RemoteProtocolError):
        _info(f"Max-Forwards: {value}", without="Max-Forwards").check()


def test_expires_that_cannot_be_read_is_none() -> None:
    assert _info("Expires: 600").expires == 600
    assert _info("Expires: soon").expires is None
    assert _info("Expires: 4294967296").expires is None


def test_tokens_of_all_lines() -> None:
    assert _info("Supported: Timer,, 100rel", "k: gruu").tokens("Supported") == ["timer", "100rel", "gruu"]


def test_star_contact() -> None:
    assert [contact.uri for contact in _info("Contact: *").contacts] == ["*"]


@pytest.mark.parametrize(
    "start",
    [
        "",
        "INFO",
        "INFO sip:a@b",
        "INFO sip:a@b SIP/2.0 ",
        " INFO sip:a@b SIP/2.0",
        "IN:FO sip:a@b SIP/2.0",
        "INFO sip:a@b HTTP/1.1",
        "INFO sip:a@b SIP/two",
        "SIP/2.0 099 Low",
        "SIP/2.0 700 High",
        "SIP/2.0 20 Short",
        "SIP/2.0 2000 Long",
        "SIP/2.0 200OK",
        "GET / HTTP/1.1",
    ],
)
def test_malformed_start_lines(start: str) -> None:
    assert _refusal(_head(*_LINES, start=start)) == (400, "Malformed Start Line")


@pytest.mark.parametrize("start", ["INFO sip:a@b SIP/1.0", "INFO sip:a@b SIP/2.1", "SIP/3.0 200 OK"])
def test_other_versions(start: str) -> None:
    assert _refusal(_head(*_LINES, start=start)) == (505, "Version Not Supported")


def test_the_version_has_no_case() -> None:
    assert Request.parse(_head(*_LINES, start="INFO sip:a@b sip/2.0")).method == "INFO"
    assert Response.parse(_head(*_LINES, start="sip/2.0 200")).status == 200


@pytest.mark.parametrize("line", ["no colon", ": no name", "bad name: x", "To", "na\x00me: x", "n\xe4me: x", ""])
def test_malformed_header_lines(line: str) -> None:
    assert _refusal(_head(*_LINES, line, "X: y")) == (400, "Malformed Header Line")


@pytest.mark.parametrize(
    "text", ["Subject: a\nVia: SIP/2.0/TCP evil", "Subject: a\rb", "Subject: a\n\rb: c", "a\r\r\nb: c"]
)
def test_line_breaks_that_are_none_for_others(text: str) -> None:
    assert _refusal(_head(*_LINES, text)) == (400, "Bare Line Break In Header")


def test_the_first_line_cannot_be_continued() -> None:
    assert _refusal(_head(" folded", *_LINES))[0] == 400


def test_limits() -> None:
    limits = SipLimits(start_line=100, header_line=60, header_count=10, head=1000)
    parse_message(_head("Subject: " + "x" * 51), b"", limits)
    assert _refusal(_head("Subject: " + "x" * 52), b"", limits) == (400, "Header Line Too Long")
    folded = _head("Subject: " + "x" * 50, " " + "x" * 50)
    assert _refusal(folded, b"", limits) == (400, "Header Line Too Long")
    assert _refusal(_head(start="INFO sip:" + "x" * 100 + " SIP/2.0"), b"", limits) == (400, "Start Line Too Long")
    parse_message(_head(*["X: y"] * 10), b"", limits)
    assert _refusal(_head(*["X: y"] * 11), b"", limits) == (400, "Too Many Header Lines")
    assert _refusal(_head("X: y", *[" z"] * 10), b"", limits) == (400, "Too Many Header Lines")
    assert _refusal(b"x" * 1001, b"", limits) == (513, "Message Too Large")


@pytest.mark.parametrize("value", ["4", "5, 5", "+5", "5x", "", "0x5", "5\xa0", "\u0665", "9" * 5000])
def test_a_content_length_that_framing_did_not_see(value: str) -> None:
    assert _refusal(_head(*_LINES, f"l: {value}"), b"12345") == (400, "Content-Length Does Not Match")


def test_a_content_length_that_fits() -> None:
    assert parse_message(_head(*_LINES, "l: 05", "Content-Length: 5"), b"12345").body == b"12345"


def test_the_wrong_kind() -> None:
    with pytest.raises(RemoteProtocolError):
        Response.parse(_head(*_LINES))
    with pytest.raises(RemoteProtocolError):
        Request.parse(_head(*_LINES, start="SIP/2.0 200 OK"))


def test_the_bare_answer() -> None:
    request = _info("Via: SIP/2.0/UDP second", "Record-Route: <sip:r;lr>", "Timestamp: 54")
    request.headers.set("To", "<sip:x@y>")
    answer = Response.to_request(request.headers, 404, to_tag="t1")
    assert list(answer.headers) == [
        ("Via", "SIP/2.0/tcp 127.0.0.1:34442"),
        ("From", "<sip:alice@contoso.com>;tag=560020834;epid=c97532c1946f"),
        ("To", "<sip:x@y>;tag=t1"),
        ("CSeq", "2 INFO"),
        ("Call-ID", "C76Bg09D4aCCE9iBF74mBB00tF827bFD0ExF98Fx"),
        ("Via", "SIP/2.0/UDP second"),
        ("Timestamp", "54"),
    ]
    # A tag that is there stays, and a 100 needs none.
    assert Response.to_request(_info().headers, 404, to_tag="t1").to.tag == "C37CBC97"
    assert Response.to_request(request.headers, 100, to_tag="t1").to.tag is None


@pytest.mark.parametrize(
    ("head", "saved"),
    [
        (_head(*_LINES, "garbage", "n\xe4me: x"), True),
        (_head(*_LINES, start="INFO  x y z SIP/9"), True),
        (_head(*_LINES[1:]), False),
        (_head(*_LINES, start="SIP/2.0 99999 x"), False),
        (_head(*_LINES, "Subject: a\nb"), False),
        (b"", False),
        (b"\x16\x03\x01 hello", False),
    ],
)
def test_what_can_be_answered(head: bytes, saved: bool) -> None:
    headers = salvage_headers(head)
    assert (headers is not None) is saved
    if headers is not None:
        assert Response.to_request(headers, 400, to_tag="t").serialize().startswith(b"SIP/2.0 400 Bad Request\r\n")


def test_equality_is_of_content() -> None:
    assert _info() == _info("Content-Length: 0")
    assert _info() != _info("X: y")
    assert _info() != Response(200, headers=Headers(_info().headers))
    assert Response(200) != Response(200, "Fine")
    assert repr(_info()).startswith("Request('INFO'")
    assert repr(Response(200)).startswith("Response(200, 'OK'")
