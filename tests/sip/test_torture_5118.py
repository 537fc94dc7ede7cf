"""The 12 torture messages of RFC 5118 (IPv6): what must happen to each, and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.framing import parse_datagram
from parlour.sip.message import Request, parse_message
from parlour.sip.sdp import parse_sdp
from parlour.sip.uri import SipUri

_FILES = Path(__file__).parent / "torture" / "rfc5118"


def _request(name: str) -> Request:
    frame = parse_datagram((_FILES / f"{name}.dat").read_bytes())
    assert frame is not None
    request = parse_message(*frame)
    assert isinstance(request, Request)
    request.check()
    return request


def test_4_1_a_bracketed_address() -> None:
    request = _request("ipv6-good")
    assert (request.sip_uri.host, request.sip_uri.port) == ("2001:db8::10", None)
    assert (request.via.host, request.via.port, request.via.branch) == ("2001:db8::9:1", None, "z9hG4bKas3-111")
    assert str(request.via) == "SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111"
    assert SipUri.parse(request.contacts[0].uri).host == "2001:db8::1"
    assert str(request.sip_uri) == request.uri


def test_4_2_without_brackets_nobody_knows_where_the_port_begins() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        _request("ipv6-bad")
    assert (caught.value.status, caught.value.reason) == (400, "Malformed URI")


def test_4_3_what_is_inside_the_brackets_is_address() -> None:
    uri = _request("port-ambiguous").sip_uri
    assert (uri.host, uri.port) == ("2001:db8::10:5070", None)


def test_4_4_what_is_behind_them_is_port() -> None:
    uri = _request("port-unambiguous").sip_uri
    assert (uri.host, uri.port) == ("2001:db8::10", 5070)
    assert str(uri) == "sip:[2001:db8::10]:5070"


@pytest.mark.parametrize("name", ["via-received-param-with-delim", "via-received-param-no-delim"])
def test_4_5_received_comes_with_and_without_brackets(name: str) -> None:
    # The grammar has none, implementations write both: take both.
    via = _request(name).via
    assert (via.host, via.received) == ("2001:db8::9:1", "2001:db8::9:255")


def test_4_6_in_sdp() -> None:
    session = parse_sdp(_request("ipv6-in-sdp").body)
    assert session.address == "2001:db8::20"
    assert session.origin.endswith("IN IP6 2001:db8::20")


def test_4_7_both_families_in_one_chain_of_hops() -> None:
    hops = [(via.host, via.port, via.received) for via in _request("mult-ip-in-header").vias]
    assert hops == [("2001:db8::9:1", 6050, None), ("192.0.2.1", None, None), ("2001:db8::9:255", None, "192.0.2.200")]


def test_4_8_both_families_in_one_session() -> None:
    session = parse_sdp(_request("mult-ip-in-sdp").body)
    assert session.address == ""
    assert [(media.kind, media.port) for media in session.media] == [("audio", 22334), ("video", 6024)]


def test_4_9_addresses_mapped_from_ipv4() -> None:
    request = _request("ipv4-mapped-ipv6")
    assert [(via.host, via.port) for via in request.vias] == [("::ffff:192.0.2.10", 19823), ("::ffff:192.0.2.2", None)]
    assert SipUri.parse(request.contacts[0].uri).host == "::ffff:192.0.2.2"


def test_4_10_a_third_colon_is_tolerated_and_not_repeated() -> None:
    # RFC 3261's grammar allowed it before an IPv4 tail; RFC 5118 says to accept both.
    three, two = _request("ipv6-bug-abnf-3-colons"), _request("ipv6-correct-abnf-2-colons")
    assert three.sip_uri == two.sip_uri
    assert str(three.sip_uri) == "sip:user@[2001:db8::192.0.2.1]"


@pytest.mark.parametrize("host", ["[2001:db8:::10]", "[::1::]", "[:::::192.0.2.1]", "[1:2:3:4:5:6:7:8:9]", "[.]"])
def test_but_nothing_else_that_only_looks_like_an_address(host: str) -> None:
    with pytest.raises(RemoteProtocolError):
        SipUri.parse(f"sip:{host}")
