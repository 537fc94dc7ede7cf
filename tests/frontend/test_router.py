"""Where requests go."""

import pytest

from parlour.frontend.bindings import Binding, BindingTable
from parlour.frontend.flow_tokens import FlowTokens
from parlour.frontend.gruu import legacy_gruu
from parlour.frontend.router import Refusal, Router, Target, ToEndpoints, ToFlow, ToServer, ToService
from parlour.rooms.model import Person
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request
from parlour.ua.incoming import IncomingRequest
from tests.frontend.fakes import ALICE, BOB, FakeConnection, FakeDirectory, request

NOW = 10.0
TOKENS = FlowTokens(b"s" * 32)
FLOW = FakeConnection()


class Service:
    def handle_invite(self, incoming: IncomingRequest) -> None: ...


@pytest.fixture
def router() -> Router:
    table = BindingTable()
    table.put(
        Binding(ALICE, "e1", "sip:alice@192.0.2.7", "sip:alice@192.0.2.7;transport=", FLOW, "c", 1, 100.0, epid="e1")
    )
    people = [
        Person(uri=ALICE, guid="1", display_name="Alice"),
        Person(uri=BOB, guid="2", display_name="Bob"),
        Person(uri="sip:gone@contoso.com", guid="3", display_name="Gone", disabled=True),
    ]
    made = Router(frozenset({"contoso.com"}), "sip.contoso.com", FakeDirectory(*people), table, TOKENS)
    made.add_service("sip:OCSChat@contoso.com", Service())
    return made


def message(uri: str, *routes: str) -> Request:
    made = request(f"MESSAGE {uri} SIP/2.0\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\n\n")
    for route in routes:
        made.headers.add("Route", route)
    return made


def route(router: Router, uri: str, *routes: str) -> Target:
    return router.route(message(uri, *routes), FLOW, now=NOW)


@pytest.mark.parametrize(
    "uri", ["sip:ocschat@contoso.com", "SIP:OCSCHAT@CONTOSO.COM;transport=tls", "sips:ocschat@contoso.com"]
)
def test_services_by_address_of_record(router: Router, uri: str) -> None:
    assert isinstance(route(router, uri), ToService)


@pytest.mark.parametrize("uri", ["sip:contoso.com", "sip:sip.contoso.com:5061;transport=tls", "sip:127.0.0.1"])
def test_the_server_itself(router: Router, uri: str) -> None:
    assert isinstance(route(router, uri), ToServer)


def test_people_by_name_and_by_gruu(router: Router) -> None:
    target = route(router, "sip:Alice@CONTOSO.com")
    assert isinstance(target, ToEndpoints)
    assert not target.exact
    target = route(router, legacy_gruu(ALICE, "e1"))
    assert isinstance(target, ToEndpoints)
    assert target.exact


@pytest.mark.parametrize(
    ("uri", "status"),
    [
        (BOB, 480),
        (legacy_gruu(ALICE, "e2"), 480),
        ("sip:nobody@contoso.com", 404),
        ("sip:gone@contoso.com", 404),
        ("sip:alice@elsewhere.example", 404),
        ("sip:alice@127.0.0.1", 404),
        ("sip:10.0.0.1:6000", 404),
    ],
)
def test_nowhere(router: Router, uri: str, status: int) -> None:
    target = route(router, uri)
    assert isinstance(target, Refusal)
    assert target.status == status


@pytest.mark.parametrize(("uri", "status"), [("tel:+1555", 416), ("sip:a b", 400)])
def test_not_an_address(router: Router, uri: str, status: int) -> None:
    made = message("sip:x@y")
    made.uri = uri
    with pytest.raises(RemoteProtocolError) as caught:
        router.route(made, FLOW, now=NOW)
    assert caught.value.status == status


def test_registered_contacts(router: Router) -> None:
    assert route(router, "sip:alice@192.0.2.7") == ToFlow(FLOW.id)


def test_the_last_of_our_routes_decides(router: Router) -> None:
    made = message(
        "sip:x@198.51.100.1",
        f"<sip:{TOKENS.make(5)}@sip.contoso.com:5060;transport=tcp;lr>, <sip:{TOKENS.make(6)}@sip.contoso.com;lr>",
    )
    assert router.route(made, FLOW, now=NOW) == ToFlow(6)
    assert "Route" not in made.headers


def test_preloaded_route_of_an_outbound_proxy(router: Router) -> None:
    assert isinstance(route(router, ALICE, "<sip:127.0.0.1:5060;lr>"), ToEndpoints)


def test_routes_of_others_are_not_followed(router: Router) -> None:
    assert route(router, ALICE, "<sip:contoso.com;lr>", "<sip:198.51.100.1;lr>") == Refusal(404, "No Route")


def test_strict_router_before_us(router: Router) -> None:
    made = message(f"sip:{TOKENS.make(5)}@sip.contoso.com", "<sip:bob@198.51.100.1>")
    assert router.route(made, FLOW, now=NOW) == ToFlow(5)
    assert made.uri == "sip:bob@198.51.100.1"


def test_too_many_routes(router: Router) -> None:
    with pytest.raises(RemoteProtocolError):
        route(router, ALICE, *["<sip:contoso.com;lr>"] * 33)
