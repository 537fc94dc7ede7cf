"""The INVITE client transaction (RFC 3261 figure 5, RFC 6026 figure 8)."""

from __future__ import annotations

import pytest

from parlour.sip.errors import LocalProtocolError
from parlour.sip.message import Request, Response
from parlour.sip.transactions.invite_client import InviteClient, ack_for
from parlour.sip.transactions.machine import EventKind, State
from parlour.sip.transactions.timers import Timers


def _client(*, reliable: bool = False) -> InviteClient[str]:
    client = InviteClient("INVITE", make_ack=lambda response: f"ACK {response.status}", now=0.0, reliable=reliable)
    assert client.take_outgoing() == ["INVITE"]
    return client


def _kinds(client: InviteClient[str]) -> list[EventKind]:
    return [event.kind for event in client.take_events()]


def test_repeats_double_until_given_up() -> None:
    client = _client()
    at = []
    while not client.terminated:
        deadline = client.next_deadline()
        assert deadline is not None
        client.handle_timer(deadline)
        at += [deadline] * len(client.take_outgoing())
    assert at == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]
    assert _kinds(client) == [EventKind.TIMED_OUT, EventKind.TERMINATED]


def test_nothing_is_repeated_on_a_reliable_transport() -> None:
    client = _client(reliable=True)
    assert client.next_deadline() == 32.0
    client.handle_timer(32.0)
    assert client.take_outgoing() == []
    assert _kinds(client) == [EventKind.TIMED_OUT, EventKind.TERMINATED]


def test_a_provisional_answer_stops_the_repeats() -> None:
    client = _client()
    client.receive_response(Response(100), 0.1)
    client.receive_response(Response(180), 0.2)
    assert client.next_deadline() is None
    assert client.state is State.PROCEEDING
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.RESPONSE]


def test_a_refusal_is_acknowledged_as_often_as_it_comes() -> None:
    client = _client()
    client.receive_response(Response(486), 1.0)
    assert client.take_outgoing() == ["ACK 486"]
    client.receive_response(Response(486), 2.0)
    client.receive_response(Response(180), 2.5)
    client.receive_response(Response(200), 2.5)
    assert client.take_outgoing() == ["ACK 486"]
    assert _kinds(client) == [EventKind.RESPONSE]
    assert client.next_deadline() == 33.0
    client.handle_timer(33.0)
    assert _kinds(client) == [EventKind.TERMINATED]


def test_a_refusal_over_tcp_is_the_end() -> None:
    client = _client(reliable=True)
    client.receive_response(Response(404), 1.0)
    assert client.take_outgoing() == ["ACK 404"]
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.TERMINATED]


def test_every_2xx_goes_up_and_none_is_acknowledged_here() -> None:
    # RFC 6026 section 7.2: several may come, from several phones.
    client = _client()
    client.receive_response(Response(200), 1.0)
    client.receive_response(Response(200), 2.0)
    client.receive_response(Response(486), 2.0)
    assert client.take_outgoing() == []
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.RESPONSE]
    assert (client.state, client.next_deadline()) == (State.ACCEPTED, 33.0)
    client.handle_timer(33.0)
    assert _kinds(client) == [EventKind.TERMINATED]


def test_who_rings_and_is_cancelled_has_half_a_minute_to_answer() -> None:
    client = _client(reliable=True)
    client.receive_response(Response(180), 1.0)
    client.cancel(100.0)
    client.receive_response(Response(183), 131.0)
    assert client.next_deadline() == 132.0
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.RESPONSE]
    client.handle_timer(132.0)
    assert _kinds(client) == [EventKind.TIMED_OUT, EventKind.TERMINATED]


@pytest.mark.parametrize("status", [200, 487])
def test_an_answer_after_cancel_counts(status: int) -> None:
    client = _client()
    client.receive_response(Response(180), 1.0)
    client.cancel(2.0)
    client.receive_response(Response(status), 3.0)
    client.handle_timer(34.5)
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.RESPONSE]
    assert client.next_deadline() == 35.0


def test_cancel_waits_for_a_provisional_answer() -> None:
    with pytest.raises(LocalProtocolError):
        _client().cancel(1.0)


def test_a_lost_connection() -> None:
    client = _client(reliable=True)
    client.lose_transport(1.0)
    assert _kinds(client) == [EventKind.TRANSPORT_FAILED, EventKind.TERMINATED]


def test_other_timers() -> None:
    client = InviteClient("x", make_ack=lambda _: "", now=10.0, timers=Timers(t1=0.1), reliable=True)
    assert client.next_deadline() == 10.0 + 6.4


def test_the_ack_of_a_refusal() -> None:
    # Section 17.1.1.3, and its example.
    invite = Request(
        "INVITE",
        "sip:bob@biloxi.com",
        [
            ("Via", "SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKkjshdyff, SIP/2.0/UDP below;branch=z9hG4bKx"),
            ("Route", "<sip:one;lr>"),
            ("Route", "<sip:two;lr>"),
            ("To", "Bob <sip:bob@biloxi.com>"),
            ("From", "Alice <sip:alice@atlanta.com>;tag=88sja8x"),
            ("Call-ID", "987asjd97y7atg"),
            ("CSeq", "986759 INVITE"),
        ],
    )
    ack = ack_for(invite, Response(486, headers=[("To", "Bob <sip:bob@biloxi.com>;tag=99sa0xk")]))
    ack.check()
    assert (ack.method, ack.uri, ack.body) == ("ACK", "sip:bob@biloxi.com", b"")
    assert [via.branch for via in ack.vias] == ["z9hG4bKkjshdyff"]
    assert (ack.to.tag, ack.from_.tag) == ("99sa0xk", "88sja8x")
    assert (ack.cseq.number, ack.cseq.method, ack.call_id) == (986759, "ACK", "987asjd97y7atg")
    assert ack.headers.get_all("Route") == ["<sip:one;lr>", "<sip:two;lr>"]
