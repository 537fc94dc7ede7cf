"""The client transaction of every request but INVITE and ACK: RFC 3261 section 17.1.2, figure 6."""

from __future__ import annotations

from typing import ClassVar

from parlour.sip.message import Response
from parlour.sip.transactions.machine import Action, Input, Machine, Out, State, Table
from parlour.sip.transactions.timers import Timer, Timers

__all__ = ["NonInviteClient"]

_FINAL = (State.COMPLETED, (Action.STOP_TIMERS, Action.TELL_RESPONSE, Timer.K))
_LOST = (State.TERMINATED, (Action.TELL_LOST,))
_GIVEN_UP = (State.TERMINATED, (Action.TELL_TIMEOUT,))


class NonInviteClient(Machine[Out]):
    """Sends `request` at once."""

    TABLE: ClassVar[Table] = {
        (State.TRYING, Timer.E): (State.TRYING, (Action.RESEND, Timer.E)),
        (State.TRYING, Timer.F): _GIVEN_UP,
        (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, (Action.TELL_RESPONSE,)),
        (State.TRYING, Input.FINAL): _FINAL,
        (State.TRYING, Input.TRANSPORT_ERROR): _LOST,
        (State.PROCEEDING, Timer.E): (State.PROCEEDING, (Action.RESEND, Action.SLOW_DOWN, Timer.E)),
        (State.PROCEEDING, Timer.F): _GIVEN_UP,
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.TELL_RESPONSE,)),
        (State.PROCEEDING, Input.FINAL): _FINAL,
        (State.PROCEEDING, Input.TRANSPORT_ERROR): _LOST,
        (State.COMPLETED, Input.PROVISIONAL): (State.COMPLETED, ()),
        (State.COMPLETED, Input.FINAL): (State.COMPLETED, ()),
        (State.COMPLETED, Timer.K): (State.TERMINATED, ()),
        # The answer is known: nobody has to hear that the connection broke after it.
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    }

    __slots__ = ()

    def __init__(self, request: Out, *, now: float, timers: Timers | None = None, reliable: bool) -> None:
        super().__init__(State.TRYING, timers or Timers(), reliable=reliable)
        self._send(request)
        self._start(Timer.E, now)
        self._start(Timer.F, now)

    def receive_response(self, response: Response, now: float) -> None:
        """A response that `client_key` says is ours."""
        if not self.terminated:
            self._feed(Input.PROVISIONAL if response.status < 200 else Input.FINAL, now, received=response)
