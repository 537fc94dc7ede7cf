"""Who is it, surely? One verdict per request: accepted with an identity, an answer that refuses or challenges, or none.

The rules are on docs/protocol/sip.md, section "Authentication". The arithmetic is in `sip.auth`; what a connection has
proven is in its `SignIn`.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from parlour.frontend.answer import Answer
from parlour.frontend.digest_login import STALE, DigestLogin
from parlour.frontend.guesses import Guesses
from parlour.frontend.ntlm_login import NtlmLogin
from parlour.frontend.people import People, address_of
from parlour.frontend.proof import Failed, Further, Proven, Why
from parlour.frontend.reading import contact_fields, epid_of
from parlour.frontend.settings import FrontendSettings
from parlour.frontend.sign_in import SignIn, sign_in_of
from parlour.frozen import frozen
from parlour.sip.auth.ntlm_header import NtlmHeader
from parlour.sip.auth.params import Malformed
from parlour.sip.message import Request
from parlour.ua.connection import Connection
from parlour.ua.identity import Identity
from parlour.ua.incoming import MessageSigner

__all__ = ["Accepted", "Authenticator", "Dropped", "Verdict"]

log = logging.getLogger(__name__)

_HANDSHAKE: Final = 60.0


@frozen
class Accepted:
    """`signer` signs the answers; None where nobody signs."""

    identity: Identity
    signer: MessageSigner | None


@dataclass(frozen=True, slots=True)
class Dropped:
    """Nothing is to be answered (ACK)."""


Verdict = Accepted | Dropped | Answer


class Authenticator:
    """One per server. `token(n)` gives n random bytes."""

    def __init__(
        self,
        domains: frozenset[str],
        directory: People,
        settings: FrontendSettings,
        *,
        clock: Callable[[], float],
        token: Callable[[int], bytes],
    ) -> None:
        domain = settings.domain or min(domains)
        self.failures: Counter[Why] = Counter()
        """Sign-ins and requests that were refused, by reason."""
        self.digest_realm = settings.digest_realm or domain
        self._directory = directory
        self._schemes = settings.schemes
        self._clock = clock
        self._guesses = Guesses(directory, clock)
        self._ntlm = NtlmLogin(
            directory,
            realm=settings.realm,
            host=settings.host,
            domain=domain,
            domains=domains,
            clock=clock,
            token=token,
        )
        self._digest = DigestLogin(
            directory, realm=self.digest_realm, schemes=settings.schemes, secret=token(32), clock=clock
        )
        self._connections: dict[str, set[Connection]] = {}
        self._on_closed = self._forget  # one bound method for all connections

    def check(self, request: Request, connection: Connection, *, proxy: bool) -> Verdict:
        """`proxy`: the request is not for us but passes through, which decides how a challenge is worded.

        Raises RemoteProtocolError 400 or 416 for malformed addresses."""
        state = sign_in_of(connection)
        signer = state.signer
        if signer is not None and signer.verify(request):
            return self._accept(request, connection, state, state.person)
        if request.method == "ACK" and signer is not None:
            return Dropped()
        name, value = _credentials(request)
        outcome = self._prove(request, connection, state, value)
        if isinstance(outcome, Proven):
            return self._accept(request, connection, state, outcome.person)
        if request.method == "ACK":
            return Dropped()
        if isinstance(outcome, Answer):
            return outcome
        if isinstance(outcome, Failed) and outcome.why is not None:
            self.failures[outcome.why] += 1
        as_proxy = name == "Proxy-Authorization" or (proxy and signer is None and name != "Authorization")
        return self._challenge(connection, outcome, as_proxy=as_proxy)

    def believes_cancel(self, request: Request, connection: Connection) -> bool:
        """CANCEL is never challenged (RFC 3261 section 22.1); where requests are signed, it must be too."""
        signer = sign_in_of(connection).signer
        return signer is None or signer.verify(request)

    def signer_for(self, connection: Connection) -> MessageSigner | None:
        """What signs the requests we send over `connection`."""
        return sign_in_of(connection).signer

    def connections_of(self, person: str) -> list[Connection]:
        """Where this person is signed in."""
        return list(self._connections.get(person, ()))

    def remember_endpoint(self, connection: Connection, person: str, request: Request) -> None:
        """A REGISTER has named the device behind this connection; its other requests may not."""
        endpoint = epid_of(request) or next((field.instance for field in contact_fields(request) if field.instance), "")
        sign_in_of(connection).name_endpoint(person, endpoint)

    def _prove(self, request: Request, connection: Connection, state: SignIn, value: str) -> Outcome:
        scheme = value.partition(" ")[0].lower()
        if scheme == "ntlm" and self._ntlm_works(connection):
            return self._prove_ntlm(request, connection, state, value)
        if scheme == "digest" and self._schemes.any_digest:
            return self._prove_digest(request, connection, state, value)
        if state.signer is not None:
            if request.method == "REGISTER":
                state.signer.begin_handshake(self._clock() + _HANDSHAKE)
                return Failed("signing in anew")
            return Failed("not signed", Why.SIGNATURE)
        person = self._person_of(request) if state.digest_people else None
        if person is not None and person in state.digest_people:
            return Proven(person)
        return Failed("no credentials")

    def _prove_ntlm(self, request: Request, connection: Connection, state: SignIn, value: str) -> Outcome:
        header = NtlmHeader.parse(value)
        if isinstance(header, Malformed):
            return Failed(header.reason, Why.MALFORMED)
        login = self._ntlm.login_of(header) if header.gssapi_data else None
        wait = self._guesses.wait(login, connection) if login is not None else 0.0
        if wait > 0:
            return self._put_off(wait)
        outcome = self._ntlm.check(request, header, state)
        return self._note(outcome, connection, login)

    def _prove_digest(self, request: Request, connection: Connection, state: SignIn, value: str) -> Outcome:
        login = self._digest.login_of(value)
        wait = self._guesses.wait(login, connection) if login is not None else 0.0
        if wait > 0:
            return self._put_off(wait)
        outcome = self._note(self._digest.check(request, value), connection, login)
        # A UDP "connection" is an address that anybody may write on a datagram.
        if isinstance(outcome, Proven) and request.method == "REGISTER" and connection.reliable:
            state.add_digest_person(outcome.person)
        return outcome

    def _put_off(self, wait: float) -> Answer:
        self.failures[Why.TOO_MANY] += 1
        return Answer(503, "Too Many Failed Sign-Ins", (("Retry-After", str(max(1, round(wait)))),))

    def _note(self, outcome: Proven | Further | Failed, connection: Connection, login: str | None) -> Outcome:
        if isinstance(outcome, Failed) and outcome.why is Why.PASSWORD:
            self._guesses.failed(outcome.login, connection)
            log.warning("sign-in failed for %r from %s: %s", outcome.login, connection.peer[0], outcome.reason)
        elif isinstance(outcome, Proven) and login is not None:
            self._guesses.succeeded(login, connection)
        return outcome

    def _accept(self, request: Request, connection: Connection, state: SignIn, person: str) -> Verdict:
        address = request.from_.uri
        epid = request.from_.params.get("epid") or ""
        identity = state.identity(address, epid)
        if identity is None or identity.uri != person:
            found = self._identify(request, state, person)
            if isinstance(found, Answer):
                return Dropped() if request.method == "ACK" else found
            identity = found
            state.keep_identity(address, epid, identity)
            self._watch(connection, person)
        return Accepted(identity, state.signer if state.person == person else None)

    def _identify(self, request: Request, state: SignIn, uri: str) -> Identity | Answer:
        person = self._directory.find_person(uri)
        if person is None or person.disabled:
            self.failures[Why.DISABLED] += 1
            return Answer(403, "Account Disabled")
        if self._person_of(request) != person.uri:
            self.failures[Why.OTHER_PERSON] += 1
            return Answer(403, "From Does Not Match")
        endpoint = epid_of(request) or state.endpoints.get(uri, "")
        return Identity(person.uri, person.display_name, endpoint, request.headers.get("User-Agent") or "")

    def _person_of(self, request: Request) -> str | None:
        return address_of(self._directory, request.from_.uri)

    def _watch(self, connection: Connection, person: str) -> None:
        state = sign_in_of(connection)
        if person not in state.watched:
            if not state.watched:
                connection.add_close_callback(self._on_closed)
            state.watched = (*state.watched, person)
            self._connections.setdefault(person, set()).add(connection)

    def _forget(self, connection: Connection) -> None:
        for person in sign_in_of(connection).watched:
            connections = self._connections.get(person)
            if connections is not None:
                connections.discard(connection)
                if not connections:
                    del self._connections[person]

    def _ntlm_works(self, connection: Connection) -> bool:
        return self._schemes.ntlm and connection.reliable

    def _challenge(self, connection: Connection, outcome: Further | Failed, *, as_proxy: bool) -> Answer:
        """COMPAT: each scheme in a header of its own; while a handshake goes on, its challenge stands alone."""
        if isinstance(outcome, Further):
            values = [outcome.challenge]
        else:
            values = [self._ntlm.offer()] if self._ntlm_works(connection) else []
            values += self._digest.offers(stale=outcome.reason == STALE)
        if as_proxy:
            return Answer(407, headers=tuple(("Proxy-Authenticate", value) for value in values))
        return Answer(401, headers=tuple(("WWW-Authenticate", value) for value in values))


Outcome = Proven | Further | Failed | Answer


def _credentials(request: Request) -> tuple[str, str]:
    """The first credentials of a scheme we know, with the header they stand in; ("", "") when there are none."""
    for name in ("Proxy-Authorization", "Authorization"):
        for value in request.headers.get_all(name):
            if value.partition(" ")[0].lower() in ("ntlm", "digest"):
                return name, value
    return "", ""
