"""What the four transaction machines share: states, inputs and actions by name, and the loop that obeys a table.

A table maps (state, input) to (next state, actions). A pair that the peer can bring about is always in the table, if
need be with nothing to do; a pair that is missing is a mistake of ours, and raises LocalProtocolError.
A `Timer` among the inputs means that it fired; among the actions, that it is started.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar, Generic, TypeVar

from parlour.sip.errors import LocalProtocolError
from parlour.sip.message import Request, Response
from parlour.sip.transactions.timers import Timer, Timers, duration

__all__ = ["Action", "Event", "EventKind", "Input", "Machine", "State", "Table"]

Out = TypeVar("Out")
"""What is sent: a message, or its bytes. The machines never look inside."""


class State(Enum):
    CALLING = "calling"
    TRYING = "trying"
    PROCEEDING = "proceeding"
    COMPLETED = "completed"
    CONFIRMED = "confirmed"
    ACCEPTED = "accepted"
    TERMINATED = "terminated"

    __hash__ = object.__hash__


class Input(Enum):
    REQUEST_AGAIN = "the request, repeated"
    ACK = "ACK"
    PROVISIONAL = "1xx"
    SUCCESS = "2xx"
    FAILURE = "3xx to 6xx"
    FINAL = "2xx to 6xx"
    TRANSPORT_ERROR = "transport error"
    CANCELLED = "CANCEL from us"

    __hash__ = object.__hash__


class Action(Enum):
    SEND = "send"
    RESEND = "send the last one again"
    SEND_ACK = "send ACK"
    TELL_RESPONSE = "pass the response up"
    TELL_ACK = "pass the ACK up"
    TELL_TIMEOUT = "say that time ran out"
    TELL_LOST = "say that the transport failed"
    STOP_TIMERS = "stop all timers"
    SLOW_DOWN = "repeat every T2 from now on"

    __hash__ = object.__hash__


class EventKind(Enum):
    RESPONSE = "response"
    ACK = "ack"
    TIMED_OUT = "timed out"
    TRANSPORT_FAILED = "transport failed"
    TERMINATED = "terminated"


@dataclass(frozen=True, slots=True)
class Event:
    """`message` is the response or the ACK that is passed up, None for the other kinds."""

    kind: EventKind
    message: Request | Response | None = None


# Looking up a member of an enumeration is a call, up to Python 3.11; these are needed at every step.
_OVER = State.TERMINATED
_SEND = Action.SEND

Table = Mapping[tuple[State, Input | Timer], tuple[State, tuple[Action | Timer, ...]]]


class Machine(Generic[Out]):
    """One transaction. After each call: `take_outgoing`, `take_events`, and `next_deadline` for the next call."""

    TABLE: ClassVar[Table]

    __slots__ = ("_deadlines", "_events", "_last", "_outgoing", "_pause", "_timers", "reliable", "state")

    def __init__(self, state: State, timers: Timers, *, reliable: bool) -> None:
        self.state = state
        self.reliable = reliable
        self._timers = timers
        self._deadlines: dict[Timer, float] = {}
        self._outgoing: list[Out] = []
        self._events: list[Event] = []
        self._last: Out | None = None
        self._pause = 0.0  # between the last two repeats

    @property
    def terminated(self) -> bool:
        return self.state is _OVER

    def take_outgoing(self) -> list[Out]:
        """What to send now, in order."""
        outgoing, self._outgoing = self._outgoing, []
        return outgoing

    def take_events(self) -> list[Event]:
        """What has happened, in order; TERMINATED is the last there will be."""
        events, self._events = self._events, []
        return events

    def forget_sent(self) -> None:
        """Let go of what was sent last. For states in which nothing is repeated: the message is most of what an
        accepted INVITE would hold for another 32 seconds."""
        self._last = None

    def next_deadline(self) -> float | None:
        """When `handle_timer` wants to be called."""
        return min(self._deadlines.values(), default=None)

    def handle_timer(self, now: float) -> None:
        """Let all timers fire that are due; too early is harmless."""
        due = sorted((at, timer.value, timer) for timer, at in self._deadlines.items() if at <= now)
        for _, _, timer in due:
            if self._deadlines.pop(timer, None) is not None:
                self._feed(timer, now)

    def lose_transport(self, now: float) -> None:
        """The connection broke, or sending failed for good."""
        if not self.terminated:
            self._feed(Input.TRANSPORT_ERROR, now)

    def _feed(
        self, what: Input | Timer, now: float, *, sent: Out | None = None, received: Request | Response | None = None
    ) -> None:
        step = self.TABLE.get((self.state, what))
        if step is None:
            raise LocalProtocolError(f"{type(self).__name__}: {what.value} cannot come while {self.state.value}")
        self.state, actions = step
        for action in actions:
            if isinstance(action, Timer):
                self._start(action, now)
            else:
                self._act(action, sent, received)
        if self.state is _OVER:
            self._finish()

    def _act(self, action: Action, sent: Out | None, received: Request | Response | None) -> None:
        if action is _SEND:
            self._send(sent)
        elif action is Action.RESEND:
            self._send(self._last)
        elif action is Action.STOP_TIMERS:
            self._deadlines.clear()
        elif action is Action.SLOW_DOWN:
            self._pause = self._timers.t2
        elif action is Action.SEND_ACK:
            self._send(self._make_ack(received))
        else:
            kind = _TOLD[action]
            self._events.append(Event(kind, received))

    def _make_ack(self, received: Request | Response | None) -> Out:
        raise LocalProtocolError(f"{type(self).__name__} sends no ACK")

    def _send(self, message: Out | None) -> None:
        if message is not None:
            self._last = message
            self._outgoing.append(message)

    def _start(self, timer: Timer, now: float) -> None:
        seconds = duration(timer, self._timers, reliable=self.reliable)
        if seconds is None:
            return
        if seconds == 0:
            self._feed(timer, now)
            return
        if timer in _DOUBLING:
            # A doubles without bound (section 17.1.1.2), E and G up to T2 (sections 17.1.2.2 and 17.2.1).
            seconds = self._pause * 2 or seconds
            if timer is not Timer.A:
                seconds = min(seconds, self._timers.t2)
            self._pause = seconds
        self._deadlines[timer] = now + seconds

    def _finish(self) -> None:
        self._deadlines.clear()
        if not self._events or self._events[-1] is not _TERMINATED:
            self._events.append(_TERMINATED)


_TERMINATED = Event(EventKind.TERMINATED)
_DOUBLING = frozenset({Timer.A, Timer.E, Timer.G})
_TOLD = {
    Action.TELL_RESPONSE: EventKind.RESPONSE,
    Action.TELL_ACK: EventKind.ACK,
    Action.TELL_TIMEOUT: EventKind.TIMED_OUT,
    Action.TELL_LOST: EventKind.TRANSPORT_FAILED,
}
