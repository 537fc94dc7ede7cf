"""A dialog: what both ends remember between an INVITE and its BYE. RFC 3261 section 12."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import ClassVar

from parlour.sip.errors import LocalProtocolError, RemoteProtocolError
from parlour.sip.fields import Headers
from parlour.sip.headers import NameAddr
from parlour.sip.message import Message, Request, Response
from parlour.sip.uri import SipUri

__all__ = ["Dialog", "DialogInput", "DialogState"]

# Requests whose Contact moves the remote target (section 12.2.2; RFC 3311, RFC 6665).
_TARGET_REFRESH = frozenset({"INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"})
# ACK repeats its INVITE's number, CANCEL that of what it cancels: neither is a new request in the order.
_UNORDERED = frozenset({"ACK", "CANCEL"})


class DialogState(Enum):
    EARLY = "early"
    CONFIRMED = "confirmed"
    TERMINATED = "terminated"


class DialogInput(Enum):
    SUCCESS = "2xx to the INVITE"
    END = "BYE, 481, or whatever else ends it"


class Dialog:
    """`local` and `remote` are the addresses as From and To show them, tags and other parameters included.

    `route_set` are Route values in the order we send them; `local_cseq` is the last number we used (0: none yet),
    `remote_cseq` the highest we have seen (None: none yet).
    """

    TABLE: ClassVar[Mapping[tuple[DialogState, DialogInput], DialogState]] = {
        (DialogState.EARLY, DialogInput.SUCCESS): DialogState.CONFIRMED,
        (DialogState.EARLY, DialogInput.END): DialogState.TERMINATED,
        # The 2xx is repeated until its ACK comes (section 13.3.1.4).
        (DialogState.CONFIRMED, DialogInput.SUCCESS): DialogState.CONFIRMED,
        (DialogState.CONFIRMED, DialogInput.END): DialogState.TERMINATED,
        # Nothing brings it back: a 2xx may cross a CANCEL, and a BYE another (section 15).
        (DialogState.TERMINATED, DialogInput.SUCCESS): DialogState.TERMINATED,
        (DialogState.TERMINATED, DialogInput.END): DialogState.TERMINATED,
    }

    __slots__ = (
        "call_id",
        "local",
        "local_cseq",
        "remote",
        "remote_cseq",
        "remote_target",
        "route_set",
        "secure",
        "state",
    )

    def __init__(
        self,
        *,
        call_id: str,
        local: NameAddr,
        remote: NameAddr,
        remote_target: str,
        route_set: tuple[str, ...] = (),
        local_cseq: int = 0,
        remote_cseq: int | None = None,
        secure: bool = False,
        state: DialogState = DialogState.CONFIRMED,
    ) -> None:
        self.call_id = call_id
        self.local = local
        self.remote = remote
        self.remote_target = remote_target
        self.route_set = route_set
        self.local_cseq = local_cseq
        self.remote_cseq = remote_cseq
        self.secure = secure
        self.state = state

    @classmethod
    def from_invite_as_uas(
        cls, request: Request, local_tag: str, *, secure: bool = False, state: DialogState = DialogState.CONFIRMED
    ) -> Dialog:
        """The callee's side (section 12.1.1). `secure`: the request came over TLS.

        Raises RemoteProtocolError 400 or 416 for a Contact that is missing or no SIP URI.
        """
        return cls(
            call_id=request.call_id,
            local=request.to.with_tag(local_tag),
            remote=request.from_,
            remote_target=_target(request),
            route_set=tuple(str(route) for route in request.record_routes),
            remote_cseq=request.cseq.number,
            secure=secure and request.uri[:5].lower() == "sips:",
            state=state,
        )

    @classmethod
    def from_invite_as_uac(cls, request: Request, response: Response, *, secure: bool = False) -> Dialog:
        """The caller's side (section 12.1.2), early for a 1xx. Raises RemoteProtocolError 400 if To has no tag."""
        if response.to.tag is None:
            raise RemoteProtocolError(400, "Missing To Tag")
        return cls(
            call_id=request.call_id,
            local=request.from_,
            remote=response.to,
            # Servers that leave Contact out are reached where the INVITE was sent.
            remote_target=_target(response) if response.contacts else request.uri,
            route_set=tuple(str(route) for route in reversed(response.record_routes)),
            local_cseq=request.cseq.number,
            secure=secure and request.uri[:5].lower() == "sips:",
            state=DialogState.EARLY if response.status < 200 else DialogState.CONFIRMED,
        )

    @property
    def local_uri(self) -> str:
        return self.local.uri

    @property
    def local_tag(self) -> str:
        return self.local.tag or ""

    @property
    def remote_uri(self) -> str:
        return self.remote.uri

    @property
    def remote_tag(self) -> str:
        """ "" for a peer of RFC 2543 that has none (section 12.1.1)."""
        return self.remote.tag or ""

    def matches(self, message: Message) -> bool:
        """Whether a message from the peer belongs here: Call-ID and both tags (section 12)."""
        ours, theirs = message.to, message.from_
        if isinstance(message, Response):
            ours, theirs = theirs, ours
        return (
            message.call_id == self.call_id
            and (ours.tag or "") == self.local_tag
            and (theirs.tag or "") == self.remote_tag
        )

    def build_request(self, method: str, *, advance: bool = True) -> Request:
        """A request inside the dialog (section 12.2.1.1), without Via, which belongs to the one who sends it.

        Takes the next CSeq, unless `advance` is False: then the current one is shown and nothing changes.
        ACK takes the number of the last request sent, which must have been its INVITE.
        """
        if self.state is DialogState.TERMINATED:
            raise LocalProtocolError("the dialog is over")
        if advance and method not in _UNORDERED:
            self.local_cseq += 1
        uri, routes = self._next_hop()
        headers = Headers.of_wire([("Max-Forwards", "70")])
        for route in routes:
            headers.add("Route", route)
        headers.add("From", str(self.local))
        headers.add("To", str(self.remote))
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{self.local_cseq} {method}")
        return Request(method, uri, headers)

    def _next_hop(self) -> tuple[str, tuple[str, ...]]:
        """Request-URI and Route values."""
        if not self.route_set:
            return self.remote_target, ()
        first = NameAddr.parse(self.route_set[0]).uri
        if SipUri.parse(first).loose:
            return self.remote_target, self.route_set
        # A strict router wants to see itself in the Request-URI, and the target behind all others.
        return first, (*self.route_set[1:], f"<{self.remote_target}>")

    def receive_request(self, request: Request) -> None:
        """Check an in-dialog request and take note of it (section 12.2.2).

        Raises RemoteProtocolError: 481 if it belongs to another dialog or this one is over, 500 if its CSeq is lower
        than one already seen, 400 or 416 for a new Contact that is no SIP URI.
        """
        if self.state is DialogState.TERMINATED or not self.matches(request):
            raise RemoteProtocolError(481, "Call/Transaction Does Not Exist")
        if request.method in _UNORDERED:
            return
        number = request.cseq.number
        if self.remote_cseq is not None and number < self.remote_cseq:
            raise RemoteProtocolError(500, "CSeq Out Of Order")
        if request.method in _TARGET_REFRESH and request.contacts:
            self.remote_target = _target(request)
        self.remote_cseq = number

    def confirm(self, response: Response) -> None:
        """An early dialog has got its 2xx: target and route set are taken from that (section 13.2.2.4). One that is
        over already stays so. Raises RemoteProtocolError 400 or 416 for a Contact that is no SIP URI."""
        early = self.state is DialogState.EARLY
        target = _target(response) if response.contacts else self.remote_target
        self.state = self.TABLE[self.state, DialogInput.SUCCESS]
        if early:
            self.remote_target = target
            self.route_set = tuple(str(route) for route in reversed(response.record_routes))

    def terminate(self) -> None:
        """It is over; once more is harmless."""
        self.state = self.TABLE[self.state, DialogInput.END]


def _target(message: Message) -> str:
    contacts = message.contacts
    if not contacts:
        raise RemoteProtocolError(400, "Missing Contact Header")
    uri = contacts[0].uri
    # Parsed to refuse it now rather than when the first request is to be sent to it. What may not stand in a
    # Request-URI (headers) is taken off.
    parsed = SipUri.parse(uri)
    return str(parsed.without_headers()) if parsed.headers else uri
