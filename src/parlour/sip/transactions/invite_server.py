"""The INVITE server transaction: RFC 3261 section 17.2.1 with the Accepted state of RFC 6026 section 7.1.

Repeating a 2xx until its ACK comes is not done here: that is the business of whoever accepted (section 13.3.1.4).
"""

from __future__ import annotations

from typing import ClassVar

from parlour.sip.message import Request
from parlour.sip.transactions.machine import Action, Input, Machine, Out, State, Table
from parlour.sip.transactions.timers import Timer, Timers

__all__ = ["InviteServer"]


class InviteServer(Machine[Out]):
    """Begins when an INVITE has come; whoever handles it sends 100 himself if he needs more than 200 ms."""

    TABLE: ClassVar[Table] = {
        (State.PROCEEDING, Input.REQUEST_AGAIN): (State.PROCEEDING, (Action.RESEND,)),
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.SEND,)),
        (State.PROCEEDING, Input.SUCCESS): (State.ACCEPTED, (Action.SEND, Timer.L)),
        (State.PROCEEDING, Input.FAILURE): (State.COMPLETED, (Action.SEND, Timer.G, Timer.H)),
        # An ACK for an answer that was not given yet: no sense in it, and no harm.
        (State.PROCEEDING, Input.ACK): (State.PROCEEDING, ()),
        (State.PROCEEDING, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.TELL_LOST,)),
        # RFC 6026 7.1: a repeated INVITE is absorbed (the 2xx is repeated by the one who sent it), an ACK goes up.
        (State.ACCEPTED, Input.REQUEST_AGAIN): (State.ACCEPTED, ()),
        (State.ACCEPTED, Input.SUCCESS): (State.ACCEPTED, (Action.SEND,)),
        (State.ACCEPTED, Input.ACK): (State.ACCEPTED, (Action.TELL_ACK,)),
        (State.ACCEPTED, Timer.L): (State.TERMINATED, ()),
        (State.ACCEPTED, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.TELL_LOST,)),
        (State.COMPLETED, Input.REQUEST_AGAIN): (State.COMPLETED, (Action.RESEND,)),
        (State.COMPLETED, Timer.G): (State.COMPLETED, (Action.RESEND, Timer.G)),
        (State.COMPLETED, Timer.H): (State.TERMINATED, (Action.TELL_TIMEOUT,)),
        (State.COMPLETED, Input.ACK): (State.CONFIRMED, (Action.STOP_TIMERS, Timer.I)),
        (State.COMPLETED, Input.TRANSPORT_ERROR): (State.TERMINATED, (Action.TELL_LOST,)),
        (State.CONFIRMED, Input.ACK): (State.CONFIRMED, ()),
        (State.CONFIRMED, Input.REQUEST_AGAIN): (State.CONFIRMED, ()),
        (State.CONFIRMED, Timer.I): (State.TERMINATED, ()),
        (State.CONFIRMED, Input.TRANSPORT_ERROR): (State.TERMINATED, ()),
    }

    __slots__ = ()

    def __init__(self, *, timers: Timers | None = None, reliable: bool) -> None:
        super().__init__(State.PROCEEDING, timers or Timers(), reliable=reliable)

    def receive_request(self, request: Request, now: float) -> None:
        """The INVITE once more, or an ACK that `server_key` says is ours."""
        if not self.terminated:
            self._feed(Input.ACK if request.method == "ACK" else Input.REQUEST_AGAIN, now, received=request)

    def send_response(self, status: int, response: Out, now: float) -> None:
        """Raises LocalProtocolError for an answer after the final one (a 2xx may be repeated)."""
        if status < 200:
            self._feed(Input.PROVISIONAL, now, sent=response)
        elif status < 300:
            self._feed(Input.SUCCESS, now, sent=response)
        else:
            self._feed(Input.FAILURE, now, sent=response)
