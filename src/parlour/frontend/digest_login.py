"""Digest for one request: offers, and the check of an answer (docs/protocol/sip.md, section "Digest")."""

from __future__ import annotations

from collections.abc import Callable

from parlour.frontend.people import People
from parlour.frontend.proof import Failed, Proven, Why
from parlour.frontend.settings import Schemes
from parlour.sip.auth.digest import Algorithm, Challenge, Credentials, parse_credentials, verify
from parlour.sip.auth.nonces import NonceFactory, NonceState
from parlour.sip.errors import RemoteProtocolError
from parlour.sip.message import Request
from parlour.sip.uri import SipUri

__all__ = ["STALE", "DigestLogin"]

STALE = "stale"


class DigestLogin:
    """One per server. `secret`: 32 random bytes."""

    def __init__(
        self,
        people: People,
        *,
        realm: str,
        schemes: Schemes,
        secret: bytes,
        clock: Callable[[], float],
    ) -> None:
        self._people = people
        self._realm = realm
        self._nonces = NonceFactory(secret)
        self._clock = clock
        # RFC 8760 section 2.4: the order is the server's preference.
        wanted = ((Algorithm.SHA_256, schemes.digest), (Algorithm.MD5, schemes.digest_md5))
        self._algorithms = tuple(algorithm for algorithm, on in wanted if on)

    def offers(self, *, stale: bool) -> list[str]:
        """One challenge per algorithm, with a nonce of its own; `stale`: the password was right, the nonce was not."""
        now = self._clock()
        return [
            Challenge(self._realm, self._nonces.make(now), algorithm, stale=stale).render()
            for algorithm in self._algorithms
        ]

    def login_of(self, value: str) -> str | None:
        """The name in credentials, as typed."""
        credentials = parse_credentials(value)
        return credentials.username if isinstance(credentials, Credentials) else None

    def check(self, request: Request, value: str) -> Proven | Failed:
        """A request with Digest credentials. An ACK repeats those of its INVITE, with the address and the count of
        that (RFC 3261 section 22.1)."""
        credentials = parse_credentials(value)
        if not isinstance(credentials, Credentials):
            return Failed(credentials.reason, Why.MALFORMED)
        if credentials.realm != self._realm or credentials.algorithm not in self._algorithms:
            return Failed("not what was offered", Why.CHALLENGE)
        is_ack = request.method == "ACK"
        if not is_ack and not _same_uri(credentials.uri, request.uri):
            return Failed("credentials for another address", Why.CHALLENGE)
        if self._nonces.check(credentials.nonce, self._clock()) is NonceState.BAD:
            return Failed("not our nonce", Why.CHALLENGE)
        person = self._prove(credentials, ("INVITE", "ACK") if is_ack else (request.method,))
        if person is None:
            return Failed("wrong name or password", Why.PASSWORD, credentials.username)
        if not is_ack and self._nonces.use(credentials.nonce, credentials.nc, self._clock()) is not NonceState.OK:
            return Failed(STALE)
        return Proven(person)

    def _prove(self, credentials: Credentials, methods: tuple[str, ...]) -> str | None:
        """Whose password was used, for a request of one of these methods."""
        person = self._people.find_by_login(credentials.username)
        name = credentials.username
        ha1 = self._people.digest_ha1(person, credentials.algorithm.value, name) if person else None
        return person if any(verify(credentials, method, ha1) for method in methods) else None


def _same_uri(one: str, other: str) -> bool:
    """RFC 7616 section 3.4.6: the address that was hashed must be the address that is asked for."""
    if one == other:
        return True
    try:
        return SipUri.parse(one).matches(SipUri.parse(other))
    except RemoteProtocolError:
        return False
