"""The server transaction of every request but INVITE and ACK: RFC 3261 section 17.2.2, figure 8."""

from __future__ import annotations

from typing import ClassVar

from parlour.sip.transactions.machine import Action, Input, Machine, Out, State, Table
from parlour.sip.transactions.timers import Timer, Timers

__all__ = ["NonInviteServer"]

_LOST = (State.TERMINATED, (Action.TELL_LOST,))


class NonInviteServer(Machine[Out]):
    """Begins when a request has come."""

    TABLE: ClassVar[Table] = {
        (State.TRYING, Input.REQUEST_AGAIN): (State.TRYING, ()),
        (State.TRYING, Input.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.TRYING, Input.FINAL): (State.COMPLETED, (Action.SEND, Timer.J)),
        (State.TRYING, Input.TRANSPORT_ERROR): _LOST,
        (State.PROCEEDING, Input.REQUEST_AGAIN): (State.PROCEEDING, (Action.RESEND,)),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Input.FINAL): (State.COMPLETED, (Action.SEND, Timer.J)),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): _LOST,
        (State.COMPLETED, Input.REQUEST_AGAIN): (State.COMPLETED, (Action.RESEND,)),
        # "Any other final responses passed by the TU ... MUST be discarded" (17.2.2); so must a late 1xx.
        (State.COMPLETED, Input.FINAL): (State.COMPLETED, ()),
        (State.COMPLETED, Input.PROVISIONAL): (State.COMPLETED, ()),
        (State.COMPLETED, Timer.J): (State.TERMINATED, ()),
        (State.COMPLETED, Input.TRANSPORT_ERROR): _LOST,
    }

    __slots__ = ()

    def __init__(self, *, timers: Timers | None = None, reliable: bool) -> None:
        super().__init__(State.TRYING, timers or Timers(), reliable=reliable)

    def receive_request(self, now: float) -> None:
        """The same request once more."""
        if not self.terminated:
            self._feed(Input.REQUEST_AGAIN, now)

    def send_response(self, status: int, response: Out, now: float) -> None:
        """The caller's answer. Raises LocalProtocolError once the transaction is over."""
        self._feed(Input.PROVISIONAL if status < 200 else Input.FINAL, now, sent=response)
