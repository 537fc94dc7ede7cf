"""Answering challenges: NTLM in its three steps, Digest in two. One `Prover` for one sign-in, or for one request."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from parlour.client.address import Account
from parlour.sip.auth.digest import Algorithm, answer, choose_challenge
from parlour.sip.auth.ntlm import answer_challenge
from parlour.sip.auth.ntlm_header import VERSIONS, NtlmHeader, agree_version
from parlour.sip.auth.params import Malformed
from parlour.sip.auth.signing import SecurityAssociation
from parlour.sip.message import Message, Request, Response

__all__ = ["Prover", "Seal"]

_NT_EPOCH: Final = 116_444_736_000_000_000
"""1970-01-01 in units of 100 ns since 1601-01-01."""


class Prover:
    """Adds credentials to requests. `token(n)` gives n random bytes. `association` is there once an NTLM answer has
    been made; it counts when the server has agreed to that answer."""

    def __init__(self, account: Account, schemes: Sequence[str], token: Callable[[int], bytes]) -> None:
        self.association: SecurityAssociation | None = None
        self._account = account
        self._schemes = schemes
        self._token = token
        self._answered = False
        self._asked_for_challenge = False

    def answer(self, challenged: Response, request: Request) -> bool:
        """Answer the challenge of a 401 or 407 in `request`, which takes the place of the one that was challenged.
        False when there is nothing (more) to answer with: the password was wrong, or no scheme is common."""
        as_proxy = challenged.status == 407
        values = challenged.headers.get_all("Proxy-Authenticate" if as_proxy else "WWW-Authenticate")
        name = "Proxy-Authorization" if as_proxy else "Authorization"
        return any(_ANSWERS[scheme](self, values, name, request) for scheme in self._schemes)

    def _answer_digest(self, values: Sequence[str], name: str, request: Request) -> bool:
        challenge = choose_challenge(values, (Algorithm.SHA_256,))
        if challenge is None or (self._answered and not challenge.stale):
            return False
        self._answered = True
        credentials = answer(
            challenge,
            username=self._account.login,
            password=self._account.password,
            method=request.method,
            uri=request.uri,
            cnonce=self._token(8).hex(),
        )
        request.headers.set(name, credentials.render())
        return True

    def _answer_ntlm(self, values: Sequence[str], name: str, request: Request) -> bool:
        headers = [header for value in values if isinstance(header := NtlmHeader.parse(value), NtlmHeader)]
        if not headers or self._answered:
            return False
        header = headers[0]
        if header.gssapi_data:
            return self._answer_ntlm_challenge(header, header.gssapi_data, name, request)
        if self._asked_for_challenge:
            return False
        self._asked_for_challenge = True
        version = None if header.version is None else agree_version(VERSIONS[-1], header.version)
        ask = NtlmHeader(header.realm, header.targetname, gssapi_data=b"", version=version)
        request.headers.set(name, ask.render())
        return True

    def _answer_ntlm_challenge(self, header: NtlmHeader, data: bytes, name: str, request: Request) -> bool:
        made = answer_challenge(
            data,
            user=self._account.login,
            password=self._account.password,
            randomness=self._token(24),
            timestamp=_NT_EPOCH + time.time_ns() // 100,
        )
        if isinstance(made, Malformed):
            return False
        self._answered = True
        message, keys = made
        version = agree_version(VERSIONS[-1], header.version)
        self.association = association = SecurityAssociation(
            keys,
            realm=header.realm,
            targetname=header.targetname,
            opaque=header.opaque,
            version=version,
            rand=self._token(4).hex(),
            is_server=False,
        )
        credentials = NtlmHeader(header.realm, header.targetname, header.opaque)
        if version > 3:
            # From version 4 on the answer itself is signed (docs/protocol/sip.md, NTLM).
            association.sign(request)
            signed = NtlmHeader.parse(request.headers.get("Authorization") or "")
            assert isinstance(signed, NtlmHeader)
            request.headers.remove("Authorization")
            credentials = signed
        claimed = None if header.version is None else version
        request.headers.set(name, replace(credentials, gssapi_data=message, version=claimed).render())
        return True


_ANSWERS: Final[dict[str, Callable[[Prover, Sequence[str], str, Request], bool]]] = {
    "digest": Prover._answer_digest,
    "ntlm": Prover._answer_ntlm,
}


class Seal:
    """Signs and checks the messages of one connection, across renewed sign-ins: `coming` is the association of an
    answer that the server has not agreed to yet."""

    def __init__(self) -> None:
        self.current: SecurityAssociation | None = None
        self.coming: SecurityAssociation | None = None

    @property
    def active(self) -> bool:
        return self.current is not None

    def sign(self, message: Message) -> None:
        if self.current is not None:
            self.current.sign(message)

    def verify(self, message: Message) -> bool:
        """Whether the server signed `message`. A challenge is never signed: it begins a new sign-in and shows
        nothing."""
        if self.coming is not None and self.coming.verify(message):
            self.current, self.coming = self.coming, None
            return True
        if self.current is None:
            return True
        return self.current.verify(message) or (isinstance(message, Response) and message.status in (401, 407))
