"""Contacts, epids and option tags as clients write them."""

import pytest

from parlour.frontend.reading import canonical_address, contact_fields, epid_of, is_star, option_tags
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request
from parlour.sip.uri import SipUri
from tests.frontend.fakes import request, wire


def register(*headers: str, sender: str = "<sip:a@h>;tag=1") -> Request:
    return request("\n".join(["REGISTER sip:h SIP/2.0", f"From: {sender}", *headers]) + "\n\n")


def test_sipe() -> None:
    (contact,) = contact_fields(wire("sipe-register-1"))
    assert contact.instance == "urn:uuid:5ccdb10d-dca1-559e-ad2b-b514060a2da2"
    assert contact.key == contact.instance
    assert contact.uri == "sip:127.0.0.1:56510;transport=tcp;ms-opaque=d3470f2e1d"
    assert epid_of(wire("sipe-register-1")) == "c97532c1946f"


def test_several_flows_of_one_instance_are_different_endpoints() -> None:
    contacts = [f'Contact: <sip:a@h>;reg-id={number};+sip.instance="<urn:uuid:A>"' for number in (1, 2)]
    assert [field.key for field in contact_fields(register(*contacts))] == ["urn:uuid:a#1", "urn:uuid:a#2"]


def test_details() -> None:
    (contact,) = contact_fields(register("m: <sip:a@H:5070;Transport=TCP>;q=0.25;expires=17"))
    assert (contact.q, contact.expires, contact.key) == (0.25, "17", "")
    assert contact.canonical == "sip:a@h:5070;transport=tcp"
    assert [f.q for f in contact_fields(register("Contact: <sip:a@h>;q=7"))] == [1.0]


@pytest.mark.parametrize(
    "header",
    [
        "Contact: <tel:1>",
        "Contact: " + ", ".join(["<sip:a@h>"] * 17),
        f'Contact: <sip:a@h>;+sip.instance="<{"x" * 300}>"',
        f"Contact: <sip:{'a' * 600}@h>",
        'Contact: <sip:a@h>;+sip.instance="<a>b>"',
    ],
)
def test_refused(header: str) -> None:
    with pytest.raises(RemoteProtocolError):
        contact_fields(register(header))


def test_star() -> None:
    assert is_star(register("Contact: *"))
    assert not is_star(register("Contact: <sip:*@h>"))


def test_epids_are_bounded() -> None:
    assert epid_of(register()) == ""
    for epid in ("1" * 65, "a\x7f"):
        with pytest.raises(RemoteProtocolError):
            epid_of(register(sender=f"<sip:a@h>;tag=1;epid={epid}"))


def test_tags_of_several_headers_together() -> None:
    found = option_tags(register("Supported: a, B", "k: c", "Supported: "), "Supported")
    assert found == {"a", "b", "c"}


def test_equal_addresses() -> None:
    one, two = (
        canonical_address(SipUri.parse(text)) for text in ("sip:a@H;transport=TCP;x=1", "sip:a@h;transport=tcp")
    )
    assert one == two
