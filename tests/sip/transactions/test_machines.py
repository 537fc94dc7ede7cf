"""What holds for all four tables."""

from __future__ import annotations

from typing import Any

import pytest

from parlour.sip.errors import LocalProtocolError
from parlour.sip.message import Response
from parlour.sip.transactions.invite_client import InviteClient
from parlour.sip.transactions.invite_server import InviteServer
from parlour.sip.transactions.machine import Action, Input, Machine, State
from parlour.sip.transactions.non_invite_client import NonInviteClient
from parlour.sip.transactions.non_invite_server import NonInviteServer
from parlour.sip.transactions.timers import Timer, Timers, duration

_MACHINES: list[type[Machine[Any]]] = [InviteClient, InviteServer, NonInviteClient, NonInviteServer]

# What the peer, or the network, can bring about in any state; what is not here comes from our own side.
_FROM_OUTSIDE: dict[type[Machine[Any]], set[Input]] = {
    InviteClient: {Input.PROVISIONAL, Input.SUCCESS, Input.FAILURE, Input.TRANSPORT_ERROR},
    InviteServer: {Input.REQUEST_AGAIN, Input.ACK, Input.TRANSPORT_ERROR},
    NonInviteClient: {Input.PROVISIONAL, Input.FINAL, Input.TRANSPORT_ERROR},
    NonInviteServer: {Input.REQUEST_AGAIN, Input.TRANSPORT_ERROR},
}


@pytest.mark.parametrize("machine", _MACHINES)
def test_no_peer_can_reach_a_hole_in_a_table(machine: type[Machine[Any]]) -> None:
    states = {state for state, _ in machine.TABLE}
    missing = {(s, i) for s in states for i in _FROM_OUTSIDE[machine]} - set(machine.TABLE)
    assert missing == set()


@pytest.mark.parametrize("machine", _MACHINES)
def test_every_state_is_reached_and_ends(machine: type[Machine[Any]]) -> None:
    leads_to = {
        state: {after for (before, _), (after, _) in machine.TABLE.items() if before is state} for state in State
    }
    for state in {state for state, _ in machine.TABLE}:
        seen, todo = set(), [state]
        while todo:
            here = todo.pop()
            seen.add(here)
            todo += leads_to[here] - seen
        assert State.TERMINATED in seen


@pytest.mark.parametrize("machine", _MACHINES)
def test_every_timer_that_is_started_may_fire_where_it_may_be_running(machine: type[Machine[Any]]) -> None:
    for after, actions in machine.TABLE.values():
        for action in actions:
            if isinstance(action, Timer):
                assert (after, action) in machine.TABLE
                # It comes last: a timer of no length fires within the step that starts it.
                assert all(isinstance(rest, Timer) for rest in actions[actions.index(action) :])


@pytest.mark.parametrize("machine", _MACHINES)
def test_states_are_left_with_their_timers_stopped(machine: type[Machine[Any]]) -> None:
    for (before, what), (after, actions) in machine.TABLE.items():
        if before is after or after is State.TERMINATED:
            continue
        running = {timer for state, timer in machine.TABLE if state is before and isinstance(timer, Timer)} - {what}
        still_heard = {timer for state, timer in machine.TABLE if state is after and isinstance(timer, Timer)}
        assert running <= still_heard or Action.STOP_TIMERS in actions


@pytest.mark.parametrize(
    ("timer", "unreliable", "reliable"),
    [
        (Timer.A, 0.5, None),
        (Timer.B, 32.0, 32.0),
        (Timer.D, 32.0, 0.0),
        (Timer.E, 0.5, None),
        (Timer.F, 32.0, 32.0),
        (Timer.G, 0.5, None),
        (Timer.H, 32.0, 32.0),
        (Timer.I, 5.0, 0.0),
        (Timer.J, 32.0, 0.0),
        (Timer.K, 5.0, 0.0),
        (Timer.L, 32.0, 32.0),
        (Timer.M, 32.0, 32.0),
        (Timer.CANCEL, 32.0, 32.0),
    ],
)
def test_table_4_of_rfc_3261(timer: Timer, unreliable: float, reliable: float | None) -> None:
    assert duration(timer, Timers(), reliable=False) == unreliable
    assert duration(timer, Timers(), reliable=True) == reliable


def test_an_impossible_pair_is_our_bug() -> None:
    server = InviteServer[bytes](reliable=True)
    server.send_response(486, b"busy", 0.0)
    with pytest.raises(LocalProtocolError, match=r"InviteServer: 1xx cannot come while completed"):
        server.send_response(180, b"ringing", 0.0)


def test_after_the_end_nothing_moves() -> None:
    client = NonInviteClient(b"x", now=0.0, reliable=True)
    client.receive_response(Response(200), 1.0)
    assert client.terminated
    client.take_events()
    client.receive_response(Response(200), 2.0)
    client.lose_transport(3.0)
    client.handle_timer(1000.0)
    assert client.take_events() == []
    assert client.next_deadline() is None
