"""The registrar: SIPE's REGISTER to the letter, and what RFC 3261 section 10.3 asks for."""

import pytest

from parlour.frontend.bindings import BindingTable
from parlour.frontend.registrar import ALLOW_EVENTS, MAX_BINDINGS, Registrar, Registration
from tests.frontend.fakes import ALICE, FakeConnection, request, wire

WALL = 1_700_000_000.0


class Desk:
    """A registrar with a clock that can be turned."""

    def __init__(self) -> None:
        self.table = BindingTable()
        self.registrar = Registrar(self.table)
        self.now = 1000.0
        self.flow = FakeConnection()

    def register(self, text: str = "", flow: FakeConnection | None = None, **headers: str) -> Registration:
        message = request(text) if text else standard(**headers)
        return self.registrar.register(ALICE, message, flow or self.flow, now=self.now, wall=WALL)

    def contacts(self) -> list[str]:
        return [binding.contact for binding in self.table.of(ALICE, self.now)]


def standard(
    contact: str = "<sip:alice@192.0.2.7:5070>", expires: str = "", cseq: int = 1, call_id: str = "a", extra: str = ""
) -> str:
    lines = [
        "REGISTER sip:contoso.com SIP/2.0",
        "Via: SIP/2.0/TCP 192.0.2.7:5070;branch=z9hG4bK1",
        "Max-Forwards: 70",
        "From: <sip:alice@contoso.com>;tag=1",
        "To: <sip:alice@contoso.com>",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq} REGISTER",
        *([f"Contact: {contact}"] if contact else []),
        *([f"Expires: {expires}"] if expires else []),
        *([extra] if extra else []),
    ]
    return request("\n".join(lines) + "\n\n")


def values(registration: Registration, name: str) -> list[str]:
    return [value for header, value in registration.answer.headers if header == name]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_everything_sipe_wants_to_read(desk: Desk) -> None:
    done = desk.registrar.register(ALICE, wire("sipe-register-1"), desk.flow, now=desk.now, wall=WALL)
    assert done.answer.status == 200
    assert values(done, "Expires") == ["7200"]
    (contact,) = values(done, "Contact")
    assert '+sip.instance="<urn:uuid:5ccdb10d-dca1-559e-ad2b-b514060a2da2>"' in contact
    assert ';gruu="sip:alice@contoso.com;opaque=user:epid:' in contact
    assert ";expires=7200" in contact
    assert values(done, "Supported") == ["adhoclist", "msrtc-event-categories"]
    assert values(done, "Allow-Events") == [ALLOW_EVENTS]
    assert " " not in ALLOW_EVENTS
    assert values(done, "presence-state") == ['register-action="added"']
    assert values(done, "ms-keep-alive") == ["UAS; tcp=no; hop-hop=yes; end-end=no; timeout=300"]
    (binding,) = desk.table.of(ALICE, desk.now)
    assert (binding.epid, binding.endpoint) == ("c97532c1946f", "c97532c1946f")


def test_sipe_signs_off(desk: Desk) -> None:
    desk.registrar.register(ALICE, wire("sipe-register-1"), desk.flow, now=desk.now, wall=WALL)
    done = desk.registrar.register(ALICE, wire("sipe-unregister"), desk.flow, now=desk.now, wall=WALL)
    assert done.answer.status == 200
    assert values(done, "Expires") == ["0"]
    assert len(done.removed) == 1
    assert desk.contacts() == []


def test_the_same_endpoint_on_another_connection_takes_over(desk: Desk) -> None:
    first = desk.registrar.register(ALICE, wire("sipe-register-1"), desk.flow, now=desk.now, wall=WALL)
    again = wire("sipe-register-1", **{"8B45gBC28a4168i47F3mFB7At2231b0A6DxA790x": "other", "56510": "40000"})
    other = FakeConnection(port=40000)
    done = desk.registrar.register(ALICE, again, other, now=desk.now, wall=WALL)
    assert [binding.flow for binding in done.replaced] == [desk.flow]
    assert values(done, "presence-state") == ['register-action="refreshed"']
    assert [binding.flow for binding in desk.table.of(ALICE, desk.now)] == [other]
    gruu = [values(one, "Contact")[0].partition("gruu=")[2] for one in (first, done)]
    assert gruu[0] == gruu[1]


def test_two_endpoints_stand_side_by_side_each_on_its_own_line(desk: Desk) -> None:
    desk.register(contact='<sip:alice@192.0.2.7>;+sip.instance="<urn:uuid:1>";q=0.5')
    done = desk.register(contact='<sip:alice@192.0.2.8>;+sip.instance="<urn:uuid:2>"', call_id="b")
    assert len(values(done, "Contact")) == 2
    assert desk.contacts() == ["sip:alice@192.0.2.8", "sip:alice@192.0.2.7"], "preferred first"


def test_public_gruu_for_standard_clients(desk: Desk) -> None:
    done = desk.register(contact='<sip:alice@192.0.2.7>;+sip.instance="<urn:uuid:1>"', extra="Supported: gruu, path")
    assert 'pub-gruu="sip:alice@contoso.com;gr=urn:uuid:1"' in values(done, "Contact")[0]
    assert "gruu" in values(done, "Supported")


def test_without_contact_the_list_is_fetched(desk: Desk) -> None:
    desk.register()
    done = desk.register(contact="", cseq=2)
    assert len(values(done, "Contact")) == 1
    assert values(done, "Expires") == []
    assert (done.added, done.removed) == ((), ())


def test_expiry_is_bounded_and_counted_down(desk: Desk) -> None:
    assert values(desk.register(expires="999999"), "Expires") == ["86400"]
    assert values(desk.register(expires="4294967296999999", cseq=2), "Expires") == ["86400"]
    assert values(desk.register(expires="soon", cseq=3), "Expires") == ["7200"]
    desk.now += 7000
    assert ";expires=200" in values(desk.register(contact="", cseq=4), "Contact")[0]
    desk.now += 200
    assert desk.contacts() == []


def test_the_parameter_of_the_contact_wins_over_the_header(desk: Desk) -> None:
    done = desk.register(contact="<sip:alice@192.0.2.7:5070>;expires=300", expires="600")
    assert values(done, "Expires") == ["300"]


def test_too_brief(desk: Desk) -> None:
    done = desk.register(expires="10")
    assert done.answer.status == 423
    assert values(done, "Min-Expires") == ["60"]
    assert desk.contacts() == []


def test_wildcard_removes_all(desk: Desk) -> None:
    desk.register()
    desk.register(contact="<sip:alice@192.0.2.8>", call_id="b")
    done = desk.register(contact="*", expires="0", cseq=2)
    assert len(done.removed) == 2
    assert desk.contacts() == []


@pytest.mark.parametrize(("contact", "expires"), [("*", "60"), ("*", ""), ("*, <sip:alice@192.0.2.8>", "0")])
def test_wildcard_with_anything_else_is_refused(desk: Desk, contact: str, expires: str) -> None:
    desk.register()
    message = standard(contact=contact, expires=expires, cseq=2)
    if "," in contact:
        message.headers.replace_all("Contact", contact.split(", "))
    done = desk.registrar.register(ALICE, message, desk.flow, now=desk.now, wall=WALL)
    assert done.answer.status == 400
    assert len(desk.contacts()) == 1


def test_an_overtaken_request_changes_nothing(desk: Desk) -> None:
    desk.register(cseq=5)
    assert desk.register(cseq=5, expires="0").answer.status == 400
    assert desk.register(cseq=4, contact="*", expires="0").answer.status == 400
    assert len(desk.contacts()) == 1
    assert desk.register(cseq=1, call_id="new", expires="0").answer.status == 200


def test_a_call_id_may_begin_anew_on_another_connection(desk: Desk) -> None:
    """Two SIPE processes begun in the same second have the same Call-ID, and count from 1."""
    endpoint = ';+sip.instance="<urn:uuid:1>"'
    desk.register(contact="<sip:alice@192.0.2.7:5070>" + endpoint, cseq=3)
    newer = FakeConnection(port=34443)
    assert desk.register(flow=newer, contact="<sip:alice@192.0.2.7:5071>" + endpoint, cseq=3).answer.status == 200
    assert desk.contacts() == ["sip:alice@192.0.2.7:5071"]
    # The older one's signing off, by its own address over its own connection, leaves the newer one alone.
    assert desk.register(contact="<sip:alice@192.0.2.7:5070>" + endpoint, expires="0", cseq=4).answer.status == 200
    assert desk.contacts() == ["sip:alice@192.0.2.7:5071"]


def test_all_or_nothing(desk: Desk) -> None:
    done = desk.register(contact="<sip:alice@192.0.2.8>, <sip:alice@192.0.2.9>;expires=5")
    assert done.answer.status == 423
    assert desk.contacts() == []


def test_endpoints_per_person_are_bounded(desk: Desk) -> None:
    for number in range(MAX_BINDINGS):
        assert desk.register(contact=f"<sip:alice@192.0.2.{number}>", call_id=str(number)).answer.status == 200
    assert desk.register(contact="<sip:alice@192.0.2.99>", call_id="99").answer.status == 403
    assert desk.register(contact="<sip:alice@192.0.2.1>", call_id="1", cseq=2).answer.status == 200


def test_bindings_end_with_their_connection(desk: Desk) -> None:
    desk.register()
    desk.flow.close()
    assert desk.contacts() == []
    assert len(desk.table.remove_flow(desk.flow)) == 1
    assert len(desk.table) == 0


def test_expired_bindings_are_swept(desk: Desk) -> None:
    desk.register(expires="60")
    assert desk.table.remove_expired(desk.now) == []
    assert len(desk.table.remove_expired(desk.now + 60)) == 1
    assert len(desk.table) == 0
