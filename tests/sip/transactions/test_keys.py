"""Which transaction a message belongs to."""

from __future__ import annotations

import pytest

from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request, Response
from parlour.sip.transactions.keys import cancelled_key, client_key, server_key


def _request(method: str = "INVITE", **changed: str) -> Request:
    headers = {
        "Via": "SIP/2.0/TCP host.example.com:5060;branch=z9hG4bKabc",
        "From": "<sip:a@b>;tag=1",
        "To": "<sip:c@d>",
        "Call-ID": "x",
        "CSeq": f"1 {method}",
    } | {name.replace("_", "-"): value for name, value in changed.items() if name != "uri"}
    return Request(method, changed.get("uri", "sip:c@d"), headers.items())


def _old(method: str = "INVITE", **changed: str) -> Request:
    """COMPAT: SIPE's requests have no branch."""
    return _request(method, **({"Via": "SIP/2.0/tcp 127.0.0.1:34442"} | changed))


def test_by_branch_alone() -> None:
    key = server_key(_request())
    assert key == server_key(_request(uri="sip:x@y", To="<sip:c@d>;tag=2", Call_ID="other"))
    assert key == server_key(_request(Via="SIP/2.0/TCP HOST.example.com:5060;branch=Z9HG4BKABC;rport"))
    assert key != server_key(_request(Via="SIP/2.0/TCP host.example.com:5060;branch=z9hG4bKabd"))
    assert key != server_key(_request(Via="SIP/2.0/TCP host.example.com;branch=z9hG4bKabc"))
    assert key != server_key(_request("INFO"))


def test_an_ack_finds_its_invite_and_a_cancel_what_it_cancels() -> None:
    for make in (_request, _old):
        assert server_key(make("ACK", To="<sip:c@d>;tag=2")) == server_key(make())
        assert server_key(make("CANCEL")) != server_key(make())
        assert cancelled_key(make("CANCEL")) == server_key(make())


@pytest.mark.parametrize(
    "changed",
    [
        {"uri": "sip:other@d"},
        {"From": "<sip:a@b>;tag=2"},
        {"Call-ID": "y"},
        {"CSeq": "2 INVITE"},
        {"Via": "SIP/2.0/tcp 127.0.0.1:34443"},
        {"Via": "SIP/2.0/tcp 127.0.0.1:34442;branch=1"},
    ],
)
def test_without_branch_by_everything_rfc_2543_had(changed: dict[str, str]) -> None:
    assert server_key(_old()) == server_key(_old())
    assert server_key(_old()) != server_key(_old(**changed))


def test_a_response_finds_its_request() -> None:
    request = _request("INFO")
    response = Response.to_request(request.headers, 200, to_tag="t")
    assert client_key(response) == client_key(request) == ("z9hg4bkabc", "INFO")


def test_no_via_no_key() -> None:
    with pytest.raises(RemoteProtocolError):
        server_key(Request("INFO", "sip:a@b"))
