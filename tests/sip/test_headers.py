"""Structured header values."""

from __future__ import annotations

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.headers import CSeq, NameAddr, Via, parse_name_addrs, parse_vias


@pytest.mark.parametrize(
    ("value", "display", "uri", "params"),
    [
        ("<sip:a@b>", "", "sip:a@b", {}),
        ("sip:a@b", "", "sip:a@b", {}),
        ("sip:a@b;tag=x", "", "sip:a@b", {"tag": "x"}),
        ("<sip:a@b;lr>;tag=x;epid=1f", "", "sip:a@b;lr", {"tag": "x", "epid": "1f"}),
        ('"A, \\"B\\"" <sip:a@b>', 'A, "B"', "sip:a@b", {}),
        ("Alice B <sip:a@b>", "Alice B", "sip:a@b", {}),
        (
            '<sip:a@b>;+sip.instance="<urn:uuid:1;2>";q=0.5',
            "",
            "sip:a@b",
            {"+sip.instance": '"<urn:uuid:1;2>"', "q": "0.5"},
        ),
        ("*", "", "*", {}),
        ("J\xf6rg <sip:j@b>", "J\xf6rg", "sip:j@b", {}),
    ],
)
def test_name_addr(value: str, display: str, uri: str, params: dict[str, str | None]) -> None:
    address = NameAddr.parse(value)
    assert (address.display, address.uri, address.params) == (display, uri, params)
    assert NameAddr.parse(str(address)) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "<>",
        "<sip:a@b",
        "sip:a@b>",
        "sip:a@b?x=y",
        "sip:a@b,sip:c@d",
        "<sip:a@b>;",
        "<sip:a@b>;;x",
        "<sip:a@b>;x;x",
        "<sip:a@b> x",
        "< sip:a@b>",
        '"A <sip:a@b>',
        'A "B" <sip:a@b>',
        '<sip:a@b>;x="y',
    ],
)
def test_malformed_addresses_are_400(value: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        NameAddr.parse(value)
    assert caught.value.status == 400


def test_parameters_with_their_quotes_taken_off() -> None:
    address = NameAddr.parse('<sip:a@b>;x="a\\"b";flag;empty=')
    assert (address.param("x"), address.param("flag"), address.param("empty"), address.param("no")) == (
        'a"b',
        "",
        "",
        None,
    )


def test_a_display_name_cannot_leave_its_quotes() -> None:
    address = NameAddr('x" <sip:evil@b>;tag=', "sip:a@b").with_tag("t")
    assert NameAddr.parse(str(address)) == address


def test_lists_of_addresses() -> None:
    values = ['"A, B" <sip:a@b>, <sip:c@d;x=1,2>;q=1', "sip:e@f"]
    assert [address.uri for address in parse_name_addrs(values)] == ["sip:a@b", "sip:c@d;x=1,2", "sip:e@f"]


@pytest.mark.parametrize("value", ["<sip:a@b>,", ",<sip:a@b>", "<sip:a@b>,,<sip:a@b>", '<sip:a@b>, "open'])
def test_malformed_lists_are_400(value: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_name_addrs([value])


def test_via_of_sipe() -> None:
    # COMPAT: SIPE, lower-case transport and no branch.
    via = Via.parse("SIP/2.0/tcp 127.0.0.1:34442")
    assert (via.transport, via.host, via.port, via.branch) == ("TCP", "127.0.0.1", 34442, None)


def test_via_seen_by_the_next_hop() -> None:
    via = Via.parse("SIP/2.0/UDP host:5060;rport;branch=z9hG4bKa")
    assert via.received is None
    seen = via.with_param("rport", "1234").with_param("received", "192.0.2.9")
    assert seen.received == "192.0.2.9"
    assert str(seen) == "SIP/2.0/UDP host:5060;rport=1234;branch=z9hG4bKa;received=192.0.2.9"


@pytest.mark.parametrize(
    "value",
    ["", "SIP/2.0/TCP", "SIP/2.0 h", "SIP/2.0/TCP h:", "SIP/2.0/TCP h:99999", "SIP/2.0/TCP [::1", "SIP/7.0/TCP h"],
)
def test_malformed_vias_are_400(value: str) -> None:
    with pytest.raises(RemoteProtocolError):
        Via.parse(value)


def test_vias_topmost_first() -> None:
    assert [via.host for via in parse_vias(["SIP/2.0/UDP a, SIP/2.0/UDP b", "SIP/2.0/UDP c"])] == ["a", "b", "c"]


def test_cseq() -> None:
    assert CSeq.parse("0007  INFO") == CSeq(7, "INFO")
    assert str(CSeq(2**31 - 1, "BYE")) == "2147483647 BYE"


@pytest.mark.parametrize("value", ["", "1", "INVITE", "-1 INVITE", "2147483648 INVITE", "1 IN VITE", "\u0661 INVITE"])
def test_malformed_cseqs_are_400(value: str) -> None:
    with pytest.raises(RemoteProtocolError):
        CSeq.parse(value)
