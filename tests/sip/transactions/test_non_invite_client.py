"""The other client transaction (RFC 3261 figure 6)."""

from __future__ import annotations

from parlour.sip.message import Response
from parlour.sip.transactions.machine import EventKind, State
from parlour.sip.transactions.non_invite_client import NonInviteClient


def _client(*, reliable: bool = False) -> NonInviteClient[str]:
    client = NonInviteClient("INFO", now=0.0, reliable=reliable)
    assert client.take_outgoing() == ["INFO"]
    return client


def _kinds(client: NonInviteClient[str]) -> list[EventKind]:
    return [event.kind for event in client.take_events()]


def _repeats(client: NonInviteClient[str]) -> list[float]:
    at = []
    while not client.terminated:
        deadline = client.next_deadline()
        assert deadline is not None
        client.handle_timer(deadline)
        at += [deadline] * len(client.take_outgoing())
    return at


def test_repeats_double_up_to_four_seconds() -> None:
    client = _client()
    # Section 17.1.2.1: 500 ms, 1 s, 2 s, 4 s, 4 s, ...
    assert _repeats(client) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert _kinds(client) == [EventKind.TIMED_OUT, EventKind.TERMINATED]


def test_after_a_provisional_answer_every_four_seconds() -> None:
    client = _client()
    client.receive_response(Response(100), 0.1)
    client.receive_response(Response(182), 0.2)
    assert _repeats(client) == [0.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5]
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.RESPONSE, EventKind.TIMED_OUT, EventKind.TERMINATED]


def test_repeated_answers_are_absorbed() -> None:
    client = _client()
    client.receive_response(Response(200), 1.0)
    client.receive_response(Response(200), 2.0)
    client.receive_response(Response(100), 2.0)
    assert _kinds(client) == [EventKind.RESPONSE]
    assert (client.state, client.next_deadline()) == (State.COMPLETED, 6.0)
    client.handle_timer(6.0)
    assert _kinds(client) == [EventKind.TERMINATED]


def test_over_tcp_the_answer_is_the_end() -> None:
    client = _client(reliable=True)
    client.receive_response(Response(503), 1.0)
    events = client.take_events()
    assert [event.kind for event in events] == [EventKind.RESPONSE, EventKind.TERMINATED]
    assert events[0].message == Response(503)
    assert client.next_deadline() is None


def test_too_early_a_timer_does_nothing() -> None:
    client = _client()
    client.handle_timer(0.4)
    assert client.take_outgoing() == []


def test_a_lost_connection() -> None:
    client = _client()
    client.lose_transport(1.0)
    assert _kinds(client) == [EventKind.TRANSPORT_FAILED, EventKind.TERMINATED]


def test_a_connection_lost_after_the_answer_is_nobodys_business() -> None:
    client = _client()
    client.receive_response(Response(200), 1.0)
    client.lose_transport(2.0)
    assert _kinds(client) == [EventKind.RESPONSE, EventKind.TERMINATED]
