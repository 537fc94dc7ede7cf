"""The INVITE client transaction: RFC 3261 section 17.1.1 with the Accepted state of RFC 6026 section 7.2."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from parlour.sip.errors import LocalProtocolError
from parlour.sip.fields import Headers
from parlour.sip.message import Request, Response
from parlour.sip.transactions.machine import Action, Input, Machine, Out, State, Table
from parlour.sip.transactions.timers import Timer, Timers

__all__ = ["InviteClient", "ack_for"]

_SUCCESS = (State.ACCEPTED, (Action.STOP_TIMERS, Action.TELL_RESPONSE, Timer.M))
_FAILURE = (State.COMPLETED, (Action.STOP_TIMERS, Action.SEND_ACK, Action.TELL_RESPONSE, Timer.D))
_LOST = (State.TERMINATED, (Action.TELL_LOST,))
_GIVEN_UP = (State.TERMINATED, (Action.TELL_TIMEOUT,))


class InviteClient(Machine[Out]):
    """Sends `request` at once. `make_ack` builds the ACK for a refusal, as `ack_for` does, in the form that is sent."""

    TABLE: ClassVar[Table] = {
        (State.CALLING, Timer.A): (State.CALLING, (Action.RESEND, Timer.A)),
        (State.CALLING, Timer.B): _GIVEN_UP,
        (State.CALLING, Input.PROVISIONAL): (State.PROCEEDING, (Action.STOP_TIMERS, Action.TELL_RESPONSE)),
        (State.CALLING, Input.SUCCESS): _SUCCESS,
        (State.CALLING, Input.FAILURE): _FAILURE,
        (State.CALLING, Input.TRANSPORT_ERROR): _LOST,
        # No timer bounds this state (17.1.1.2) until whoever waits has sent CANCEL (9.1).
        (State.PROCEEDING, Input.CANCELLED): (State.PROCEEDING, (Timer.CANCEL,)),
        (State.PROCEEDING, Timer.CANCEL): _GIVEN_UP,
        (State.PROCEEDING, Input.PROVISIONAL): (State.PROCEEDING, (Action.TELL_RESPONSE,)),
        (State.PROCEEDING, Input.SUCCESS): _SUCCESS,
        (State.PROCEEDING, Input.FAILURE): _FAILURE,
        (State.PROCEEDING, Input.TRANSPORT_ERROR): _LOST,
        # A repeated refusal means that our ACK was lost.
        (State.COMPLETED, Input.FAILURE): (State.COMPLETED, (Action.RESEND,)),
        (State.COMPLETED, Input.PROVISIONAL): (State.COMPLETED, ()),
        (State.COMPLETED, Input.SUCCESS): (State.COMPLETED, ()),
        (State.COMPLETED, Timer.D): (State.TERMINATED, ()),
        (State.COMPLETED, Input.TRANSPORT_ERROR): _LOST,
        # RFC 6026 7.2: every 2xx goes up, since its ACK is the business of a dialog, and there may be several.
        (State.ACCEPTED, Input.SUCCESS): (State.ACCEPTED, (Action.TELL_RESPONSE,)),
        (State.ACCEPTED, Input.PROVISIONAL): (State.ACCEPTED, ()),
        (State.ACCEPTED, Input.FAILURE): (State.ACCEPTED, ()),
        (State.ACCEPTED, Timer.M): (State.TERMINATED, ()),
        (State.ACCEPTED, Input.TRANSPORT_ERROR): _LOST,
    }

    __slots__ = ("_ack_maker",)

    def __init__(
        self,
        request: Out,
        *,
        make_ack: Callable[[Response], Out],
        now: float,
        timers: Timers | None = None,
        reliable: bool,
    ) -> None:
        super().__init__(State.CALLING, timers or Timers(), reliable=reliable)
        self._ack_maker = make_ack
        self._send(request)
        self._start(Timer.A, now)
        self._start(Timer.B, now)

    def receive_response(self, response: Response, now: float) -> None:
        """A response that `client_key` says is ours."""
        if self.terminated:
            return
        if response.status < 200:
            self._feed(Input.PROVISIONAL, now, received=response)
        elif response.status < 300:
            self._feed(Input.SUCCESS, now, received=response)
        else:
            self._feed(Input.FAILURE, now, received=response)

    def cancel(self, now: float) -> None:
        """CANCEL is being sent: without a final answer within 64*T1 from `now` this is over (RFC 3261 section 9.1).
        Raises LocalProtocolError unless there was a provisional answer and no other."""
        self._feed(Input.CANCELLED, now)

    def _make_ack(self, received: Request | Response | None) -> Out:
        if not isinstance(received, Response):
            raise LocalProtocolError("ACK answers a response")
        return self._ack_maker(received)


def ack_for(invite: Request, response: Response) -> Request:
    """The ACK for a 3xx to 6xx: same Request-URI, top Via and Route as the INVITE, To of the response (17.1.1.3)."""
    headers = Headers([("Via", str(invite.via))])
    for route in invite.headers.get_all("Route"):
        headers.add("Route", route)
    headers.add("From", invite.headers.get("From") or "")
    headers.add("To", response.headers.get("To") or invite.headers.get("To") or "")
    headers.add("Call-ID", invite.call_id)
    headers.add("CSeq", f"{invite.cseq.number} ACK")
    headers.add("Max-Forwards", "70")
    return Request("ACK", invite.uri, headers)
