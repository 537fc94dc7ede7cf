"""The INVITE server transaction (RFC 3261 figure 7, RFC 6026 figure 7)."""

from __future__ import annotations

from parlour.sip.message import Request
from parlour.sip.transactions.invite_server import InviteServer
from parlour.sip.transactions.machine import EventKind, State

_INVITE = Request("INVITE", "sip:a@b")
_ACK = Request("ACK", "sip:a@b")


def _kinds(server: InviteServer[str]) -> list[EventKind]:
    return [event.kind for event in server.take_events()]


def test_the_last_provisional_answer_is_repeated_on_demand() -> None:
    server = InviteServer[str](reliable=False)
    server.receive_request(_INVITE, 0.0)
    assert server.take_outgoing() == []
    server.send_response(100, "100", 0.1)
    server.send_response(180, "180", 0.2)
    server.receive_request(_INVITE, 0.5)
    assert server.take_outgoing() == ["100", "180", "180"]


def test_a_refusal_is_repeated_until_its_ack() -> None:
    server = InviteServer[str](reliable=False)
    server.send_response(486, "486", 0.0)
    server.take_outgoing()
    at = []
    for _ in range(5):
        deadline = server.next_deadline()
        assert deadline is not None
        server.handle_timer(deadline)
        at += [deadline] * len(server.take_outgoing())
    assert at == [0.5, 1.5, 3.5, 7.5, 11.5]
    server.receive_request(_INVITE, 12.0)
    assert server.take_outgoing() == ["486"]
    server.receive_request(_ACK, 12.1)
    assert (server.state, server.next_deadline()) == (State.CONFIRMED, 17.1)
    server.receive_request(_ACK, 13.0)
    server.receive_request(_INVITE, 13.0)
    assert server.take_outgoing() == []
    server.handle_timer(17.1)
    assert _kinds(server) == [EventKind.TERMINATED]


def test_no_ack_at_all() -> None:
    server = InviteServer[str](reliable=True)
    server.send_response(486, "486", 0.0)
    assert server.next_deadline() == 32.0
    server.handle_timer(32.0)
    assert _kinds(server) == [EventKind.TIMED_OUT, EventKind.TERMINATED]


def test_over_tcp_the_ack_of_a_refusal_is_the_end() -> None:
    server = InviteServer[str](reliable=True)
    server.send_response(486, "486", 0.0)
    server.receive_request(_ACK, 0.1)
    assert _kinds(server) == [EventKind.TERMINATED]


def test_after_a_2xx_acks_go_up_and_invites_go_nowhere() -> None:
    # RFC 6026 section 7.1.
    server = InviteServer[str](reliable=False)
    server.send_response(200, "200", 0.0)
    server.receive_request(_INVITE, 0.5)
    server.send_response(200, "200 again", 0.6)
    server.receive_request(_ACK, 1.0)
    assert server.take_outgoing() == ["200", "200 again"]
    events = server.take_events()
    assert [(event.kind, event.message) for event in events] == [(EventKind.ACK, _ACK)]
    assert server.next_deadline() == 32.0
    server.handle_timer(32.0)
    assert _kinds(server) == [EventKind.TERMINATED]


def test_an_ack_too_early_does_nothing() -> None:
    server = InviteServer[str](reliable=True)
    server.receive_request(_ACK, 0.0)
    assert server.state is State.PROCEEDING


def test_a_lost_connection() -> None:
    server = InviteServer[str](reliable=True)
    server.lose_transport(0.0)
    assert _kinds(server) == [EventKind.TRANSPORT_FAILED, EventKind.TERMINATED]
