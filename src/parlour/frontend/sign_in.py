"""What the server knows about one connection: who has proven to be behind it, and how its messages are signed.

A `SignIn` stands in the `user` slot of its connection and ends with it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from parlour.sip.auth.signing import InfoSigner, SecurityAssociation
from parlour.sip.message import Message, Request, Response
from parlour.ua.connection import Connection
from parlour.ua.identity import Identity

__all__ = ["ConnectionSigner", "PendingNtlm", "SignIn", "sign_in_of"]

_K = TypeVar("_K")
_V = TypeVar("_V")
_MAX_ASSOCIATIONS: Final = 4
_MAX_PENDING: Final = 4
_MAX_PEOPLE: Final = 16
_MAX_IDENTITIES: Final = 64
_SIGNATURE = b"\r\nAuthorization: NTLM "


class PendingNtlm:
    """A challenge that waits for its answer. `made_at` is monotonic."""

    __slots__ = ("made_at", "server_challenge", "version")

    def __init__(self, server_challenge: bytes, version: int, made_at: float) -> None:
        self.server_challenge = server_challenge
        self.version = version
        self.made_at = made_at


class ConnectionSigner:
    """Signs what leaves on one connection, by the newest security association: dialogs outlive a new handshake.

    It is the `signer` of every request that came in signed, and of everything sent to that client."""

    __slots__ = ("_clock", "_older", "current", "handshake_until")

    def __init__(self, association: SecurityAssociation, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._older: list[SecurityAssociation] = []
        self.current = association
        self.handshake_until = 0.0

    def replace(self, association: SecurityAssociation) -> None:
        """A new handshake has succeeded; what the client signed before it may still be under way."""
        self._older = [self.current, *self._older][: _MAX_ASSOCIATIONS - 1]
        self.current = association
        self.handshake_until = 0.0

    def begin_handshake(self, until: float) -> None:
        """COMPAT: SIPE forgets its keys when it starts anew, and answers without signature until it has others."""
        self.handshake_until = until

    @property
    def in_handshake(self) -> bool:
        return self.handshake_until > self._clock()

    def sign(self, message: Request | Response) -> None:
        self.current.sign(message)

    def verify(self, message: Message) -> bool:
        """Whether the client signed `message`; the number of a request counts once."""
        return self.current.verify(message) or any(older.verify(message) for older in self._older)

    def info_signer(
        self, call_id: str, local_uri: str, local_tag: str, remote_uri: str, remote_tag: str
    ) -> FollowingInfoSigner:
        return FollowingInfoSigner(self, (call_id, local_uri, local_tag, remote_uri, remote_tag))


class FollowingInfoSigner:
    """The INFO signer of one dialog, made anew when the connection's association has been."""

    __slots__ = ("_association", "_dialog", "_older", "_owner", "_signer")

    def __init__(self, owner: ConnectionSigner, dialog: tuple[str, str, str, str, str]) -> None:
        self._owner = owner
        self._dialog = dialog
        self._association = owner.current
        self._signer: InfoSigner = owner.current.info_signer(*dialog)
        self._older: InfoSigner | None = None

    def header(self, cseq: int) -> bytes:
        """The whole Authentication-Info line."""
        if self._association is not self._owner.current:
            self._follow()
        return self._signer.header(cseq)

    def verify_response(self, head: bytes, cseq: int, status: int) -> bool:
        if self._association is not self._owner.current:
            self._follow()
        if self._signer.verify_response(head, cseq, status):
            return True
        if self._older is not None and self._older.verify_response(head, cseq, status):
            return True
        return self._owner.in_handshake and _SIGNATURE not in head

    def _follow(self) -> None:
        self._older = self._signer
        self._association = self._owner.current
        self._signer = self._association.info_signer(*self._dialog)


class SignIn:
    """State of one connection. `signer` is there once an NTLM sign-in has succeeded; `digest_people` may send further
    requests without credentials; `endpoints` are the devices their REGISTERs named; `watched` are the people who are
    told of the connection's end."""

    __slots__ = ("_identities", "digest_people", "endpoints", "pending", "person", "signer", "watched")

    def __init__(self) -> None:
        self.signer: ConnectionSigner | None = None
        self.person = ""
        self.pending: dict[str, PendingNtlm] = {}
        self.digest_people: tuple[str, ...] = ()
        self.watched: tuple[str, ...] = ()
        self.endpoints: dict[str, str] = {}
        self._identities: dict[tuple[str, str], Identity] = {}

    def add_pending(self, opaque: str, pending: PendingNtlm) -> None:
        _make_room(self.pending, _MAX_PENDING)
        self.pending[opaque] = pending

    def add_digest_person(self, person: str) -> None:
        others = [one for one in self.digest_people if one != person]
        self.digest_people = (*others[-(_MAX_PEOPLE - 1) :], person)

    def identity(self, address: str, epid: str) -> Identity | None:
        """What was found out before about requests From this address and epid."""
        return self._identities.get((address, epid))

    def keep_identity(self, address: str, epid: str, identity: Identity) -> None:
        _make_room(self._identities, _MAX_IDENTITIES)
        self._identities[address, epid] = identity

    def name_endpoint(self, person: str, endpoint: str) -> None:
        _make_room(self.endpoints, _MAX_PEOPLE)
        self.endpoints[person] = endpoint
        self._identities.clear()


def sign_in_of(connection: Connection) -> SignIn:
    """The connection's state, made when first asked for."""
    state = connection.user
    if not isinstance(state, SignIn):
        connection.user = state = SignIn()
    return state


def _make_room(table: dict[_K, _V], size: int) -> None:
    """Forget the oldest entries until one more fits."""
    while len(table) >= size:
        del table[next(iter(table))]
