"""NTLM on one connection: offer, challenge, answer, signatures (docs/protocol/sip.md, section "NTLM")."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from parlour.frontend.people import People
from parlour.frontend.proof import Failed, Further, Outcome, Proven, Why
from parlour.frontend.sign_in import ConnectionSigner, PendingNtlm, SignIn
from parlour.sip.auth.ntlm import Authenticate, build_challenge, parse_authenticate, verify
from parlour.sip.auth.ntlm_header import NtlmHeader, agree_version
from parlour.sip.auth.params import Malformed
from parlour.sip.auth.signing import SecurityAssociation
from parlour.sip.message import Request

__all__ = ["NtlmLogin"]

VERSION: Final = 4
_ANSWER_WITHIN: Final = 60.0


class NtlmLogin:
    """One per server. `domain` is the first one, `domains` all of them, in lower case."""

    def __init__(
        self,
        directory: People,
        *,
        realm: str,
        host: str,
        domain: str,
        domains: frozenset[str],
        clock: Callable[[], float],
        token: Callable[[int], bytes],
    ) -> None:
        self._directory = directory
        self._realm = realm
        self._host = host
        self._domain = domain
        self._domains = domains
        self._clock = clock
        self._token = token

    def offer(self) -> str:
        """The first challenge: no more than that NTLM is spoken here."""
        return NtlmHeader(self._realm, self._host, version=VERSION).render()

    def check(self, request: Request, header: NtlmHeader, state: SignIn) -> Outcome:
        """A request with NTLM credentials."""
        if header.gssapi_data is None:
            if state.signer is not None and state.signer.verify(request):
                return Proven(state.person)
            return Failed("bad signature", Why.SIGNATURE)
        if not header.gssapi_data:
            return self._challenge(header, state)
        return self._answer(request, header, header.gssapi_data, state)

    def login_of(self, header: NtlmHeader) -> str | None:
        """The name an answer is for, as typed; None when the header carries no answer or a broken one."""
        auth = parse_authenticate(header.gssapi_data) if header.gssapi_data else None
        return auth.user if isinstance(auth, Authenticate) else None

    def _challenge(self, header: NtlmHeader, state: SignIn) -> Further:
        server_challenge = self._token(8)
        opaque = self._token(4).hex().upper()
        version = agree_version(VERSION, header.version)
        state.add_pending(opaque, PendingNtlm(server_challenge, version, self._clock()))
        further = NtlmHeader(
            self._realm,
            self._host,
            opaque=opaque,
            gssapi_data=build_challenge(server_challenge, self._domain, self._host),
            version=None if header.version is None else version,
        )
        return Further(further.render())

    def _answer(self, request: Request, header: NtlmHeader, data: bytes, state: SignIn) -> Outcome:
        pending = state.pending.pop(header.opaque, None)
        if pending is None or self._clock() - pending.made_at > _ANSWER_WITHIN:
            return Failed("no such challenge", Why.CHALLENGE)
        auth = parse_authenticate(data)
        if isinstance(auth, Malformed):
            return Failed(auth.reason, Why.MALFORMED)
        person = self._find(auth)
        keys = verify(auth, pending.server_challenge, self._directory.nt_hash(person) if person else None)
        if keys is None or person is None:
            return Failed("wrong name or password", Why.PASSWORD, auth.user)
        association = SecurityAssociation(
            keys,
            realm=self._realm,
            targetname=self._host,
            opaque=header.opaque,
            version=pending.version,
            rand=self._token(4).hex().upper(),
        )
        # From version 4 on the answer itself is signed (MS-SIPAE); unsigned it may have been moved from elsewhere.
        if pending.version > 3 and not association.verify(request):
            return Failed("answer not signed", Why.SIGNATURE)
        self._establish(state, association, person)
        return Proven(person)

    def _establish(self, state: SignIn, association: SecurityAssociation, person: str) -> None:
        if state.signer is None or state.person != person:
            # Somebody else now: what the former person signed is worth nothing any more.
            state.signer = ConnectionSigner(association, self._clock)
        else:
            state.signer.replace(association)
        state.person = person
        state.pending.clear()

    def _find(self, auth: Authenticate) -> str | None:
        """COMPAT: the domain may be missing, a DNS name, its first label in capitals, or anything a person typed."""
        typed = auth.domain.lower()
        known = next((domain for domain in self._domains if typed in (domain, domain.partition(".")[0])), None)
        return self._directory.find_by_login(auth.user, known)
