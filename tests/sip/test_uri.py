"""URIs: parse, write, and the comparison of RFC 3261 section 19.1.4 with the RFC's own examples."""

from __future__ import annotations

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.uri import SipUri, aor

# Section 19.1.1, "Example SIP and SIPS URIs".
_EXAMPLES = [
    "sip:alice@atlanta.com",
    "sip:alice:secretword@atlanta.com;transport=tcp",
    "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
    "sip:+1-212-555-1212:1234@gateway.com;user=phone",
    "sips:1212@gateway.com",
    "sip:alice@192.0.2.4",
    "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
    "sip:alice;day=tuesday@atlanta.com",
    "sip:[2001:db8::1]:5061",
]

# Section 19.1.4.
_EQUAL = [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
    (
        "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
        "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
    ),
    (
        "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
    ),
    ("sip:a@[2001:db8:0:0::1]", "sip:a@[2001:DB8::1]"),
]
_DIFFERENT = [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;newparam=6"),
    ("sip:a@b", "sips:a@b"),
    ("sip:b", "sip:a@b"),
    ("sip:a;b@c", "sip:a%3Bb@c"),
]


@pytest.mark.parametrize("text", _EXAMPLES)
def test_what_is_parsed_is_written_the_same(text: str) -> None:
    assert str(SipUri.parse(text)) == text


@pytest.mark.parametrize(("one", "other"), _EQUAL)
def test_equal(one: str, other: str) -> None:
    assert SipUri.parse(one).matches(SipUri.parse(other))
    assert SipUri.parse(other).matches(SipUri.parse(one))


@pytest.mark.parametrize(("one", "other"), _DIFFERENT)
def test_different(one: str, other: str) -> None:
    assert not SipUri.parse(one).matches(SipUri.parse(other))
    assert not SipUri.parse(other).matches(SipUri.parse(one))


def test_parts() -> None:
    uri = SipUri.parse("sips:alice:pw@Host.Example:5061;lr;Transport=TLS?Subject=x")
    assert (uri.scheme, uri.user, uri.password, uri.host, uri.port) == ("sips", "alice", "pw", "Host.Example", 5061)
    assert uri.params == {"lr": None, "transport": "TLS"}
    assert (uri.secure, uri.loose, uri.transport, uri.host_port) == (True, True, "tls", "Host.Example:5061")
    assert str(uri.without_headers()) == "sips:alice:pw@Host.Example:5061;lr;transport=TLS"


def test_a_microsoft_contact() -> None:
    uri = SipUri.parse("sip:alice@contoso.com;opaque=user:epid:720NGmzs5HEuNUNhJr0ofw;gruu")
    assert uri.params == {"opaque": "user:epid:720NGmzs5HEuNUNhJr0ofw", "gruu": None}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:@host",
        "sip:a@",
        "sip:a@b@c",
        "sip:a b@c",
        "sip:a@b:",
        "sip:a@b:70000",
        "sip:a@b:123456",
        "sip:a@b;",
        "sip:a@b;;x",
        "sip:a@b;x;X=1",
        "sip:a@b?x",
        "sip:a@b?=y",
        "sip:a@[::1",
        "sip:a@[host]",
        "<sip:a@b>",
        "sip:a@b\r\nVia: x",
    ],
)
def test_malformed_is_400(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        SipUri.parse(text)
    assert caught.value.status == 400


@pytest.mark.parametrize("text", ["tel:+1234", "http://example.com", "sipx:a@b"])
def test_another_scheme_is_416(text: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        SipUri.parse(text)
    assert caught.value.status == 416


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:alice@Example.COM", "sip:alice@example.com"),
        ("SIPS:%61lice:pw@example.com:5061;transport=tls?x=y", "sip:alice@example.com"),
        ("sip:Alice%20B@example.com", "sip:Alice%20B@example.com"),
        ("sip:Example.com", "sip:example.com"),
        ("sip:a@[2001:DB8::0:1]", "sip:a@[2001:db8::1]"),
    ],
)
def test_address_of_record(uri: str, expected: str) -> None:
    assert aor(uri) == expected
