"""What a proxy changes in a request and in a response."""

import pytest

from parlour.frontend.forwarding import forwarded_request, relayed_response
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request, Response
from tests.frontend.fakes import request

REALMS = frozenset({"contoso.com"})


def invite(*extra: str) -> Request:
    lines = "\n".join(extra)
    return request(
        f"""INVITE sip:bob@contoso.com SIP/2.0
Via: SIP/2.0/TCP 192.0.2.7;branch=z9hG4bK1
Record-Route: <sip:other.example.com;lr>
From: <sip:alice@contoso.com>;tag=1
To: <sip:bob@contoso.com>
Call-ID: a
CSeq: 1 INVITE
{lines}

v=0"""
    )


def test_copy() -> None:
    original = invite("Max-Forwards: 5", "X-Kept: yes", "P-Asserted-Identity: <sip:boss@contoso.com>")
    copy = forwarded_request(original, "sip:bob@192.0.2.9", ["<sip:callee;lr>", "<sip:caller;lr>"], REALMS)
    assert copy.uri == "sip:bob@192.0.2.9"
    assert copy.max_forwards == 4
    assert [route.uri for route in copy.record_routes] == ["sip:callee;lr", "sip:caller;lr", "sip:other.example.com;lr"]
    assert copy.headers.get("X-Kept") == "yes"
    assert copy.headers.get("P-Asserted-Identity") is None
    assert copy.body == b"v=0"
    assert original.uri == "sip:bob@contoso.com"
    assert original.max_forwards == 5


def test_max_forwards_is_added_and_ends() -> None:
    assert forwarded_request(invite(), "sip:b@h", [], REALMS).max_forwards == 69
    with pytest.raises(RemoteProtocolError) as caught:
        forwarded_request(invite("Max-Forwards: 0"), "sip:b@h", [], REALMS)
    assert caught.value.status == 483


def test_requests_that_make_no_dialog_are_not_recorded() -> None:
    message = invite()
    message.method = "MESSAGE"
    message.headers.set("CSeq", "1 MESSAGE")
    copy = forwarded_request(message, "sip:b@h", ["<sip:callee;lr>"], REALMS)
    assert [route.uri for route in copy.record_routes] == ["sip:other.example.com;lr"]


def test_credentials_for_us_stay_here() -> None:
    copy = forwarded_request(
        invite(
            'Proxy-Authorization: Digest username="alice", realm="contoso.com", response="1"',
            'Authorization: NTLM qop="auth", response="1"',
            'Proxy-Authorization: Digest username="alice", realm="elsewhere.example", response="1"',
        ),
        "sip:b@h",
        [],
        REALMS,
    )
    assert copy.headers.get("Authorization") is None
    (left,) = copy.headers.get_all("Proxy-Authorization")
    assert "elsewhere" in left


@pytest.mark.parametrize("vias", [["SIP/2.0/TCP ours", "SIP/2.0/TCP theirs"], ["SIP/2.0/TCP ours, SIP/2.0/TCP theirs"]])
def test_our_via_comes_off(vias: list[str]) -> None:
    response = Response(200, "Fine", [*(("Via", via) for via in vias), ("To", "<sip:b@h>;tag=1")], b"body")
    response.headers.add("Authorization", "NTLM response=x")
    relayed = relayed_response(response)
    assert [via.host for via in relayed.vias] == ["theirs"]
    assert (relayed.status, relayed.reason, relayed.body) == (200, "Fine", b"body")
    assert relayed.headers.get("Authorization") is None
