"""The other server transaction (RFC 3261 figure 8)."""

from __future__ import annotations

import pytest

from parlour.sip.errors import LocalProtocolError
from parlour.sip.message import Response
from parlour.sip.transactions.machine import EventKind, State
from parlour.sip.transactions.non_invite_client import NonInviteClient
from parlour.sip.transactions.non_invite_server import NonInviteServer


def _kinds(server: NonInviteServer[str]) -> list[EventKind]:
    return [event.kind for event in server.take_events()]


def test_a_repeated_request_gets_the_last_answer() -> None:
    server = NonInviteServer[str](reliable=False)
    server.receive_request(0.1)
    assert server.take_outgoing() == []
    server.send_response(100, "100", 0.2)
    server.receive_request(0.5)
    assert server.take_outgoing() == ["100", "100"]
    server.send_response(200, "200", 10.0)
    server.receive_request(11.0)
    server.receive_request(12.0)
    assert server.take_outgoing() == ["200", "200", "200"]
    assert server.next_deadline() == 42.0
    server.handle_timer(42.0)
    assert server.state is State.TERMINATED
    assert _kinds(server) == [EventKind.TERMINATED]


def test_there_is_one_final_answer() -> None:
    server = NonInviteServer[str](reliable=False)
    server.send_response(200, "200", 0.0)
    server.send_response(500, "500", 1.0)
    server.send_response(100, "100", 1.0)
    assert server.take_outgoing() == ["200"]


def test_over_tcp_the_answer_is_the_end() -> None:
    server = NonInviteServer[str](reliable=True)
    server.send_response(200, "200", 0.0)
    assert _kinds(server) == [EventKind.TERMINATED]
    with pytest.raises(LocalProtocolError):
        server.send_response(200, "200", 0.0)


def test_a_lost_connection() -> None:
    server = NonInviteServer[str](reliable=False)
    server.send_response(200, "200", 0.0)
    server.lose_transport(1.0)
    assert _kinds(server) == [EventKind.TRANSPORT_FAILED, EventKind.TERMINATED]


@pytest.mark.parametrize("lost", [{0, 1}, {2}, {0, 2, 3}, set()])
def test_both_ends_over_a_network_that_loses_messages(lost: set[int]) -> None:
    """A client core and a server core: each message passed by hand, those numbered in `lost` thrown away."""
    client = NonInviteClient("INFO", now=0.0, reliable=False)
    server: NonInviteServer[str] | None = None
    sent, handled, now = 0, 0, 0.0
    while not client.terminated:
        for _ in client.take_outgoing():
            sent += 1
            if sent - 1 in lost:
                continue
            if server is None:
                server, handled = NonInviteServer[str](reliable=False), handled + 1
                server.send_response(200, "200", now)
            else:
                server.receive_request(now)
        for _ in server.take_outgoing() if server else []:
            sent += 1
            if sent - 1 not in lost:
                client.receive_response(Response(200), now)
        now = client.next_deadline() or now
        client.handle_timer(now)
    assert handled == 1
    assert [event.kind for event in client.take_events()] == [EventKind.RESPONSE, EventKind.TERMINATED]
