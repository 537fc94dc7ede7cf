"""Digest authentication, both ends: challenges, credentials and the hashes between them.

RFC 7616 with the rules of RFC 8760 for SIP: SHA-256, or MD5 where somebody has switched it on; `qop` is always `auth`.
What is wrong in what we received comes back as `Malformed`. Nonces are in `nonces`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import unquote

from parlour.sip.auth.params import AuthValue, Malformed, parse_auth, quoted, render_auth

__all__ = [
    "Algorithm",
    "Challenge",
    "Credentials",
    "answer",
    "choose_challenge",
    "compute_ha1",
    "compute_response",
    "parse_challenge",
    "parse_credentials",
    "verify",
]

SCHEME = "Digest"
_MAX_TEXT = 512
_MAX_URI = 4096
_NC = re.compile(r"[0-9A-Fa-f]{8}")
_HEX = re.compile(r"[0-9A-Fa-f]++")
_EXTENDED = re.compile(r"UTF-8'[A-Za-z0-9\-]{0,8}+'([^']*+)", re.IGNORECASE)


class Algorithm(Enum):
    """Values are the names on the wire."""

    SHA_256 = "SHA-256"
    MD5 = "MD5"

    @property
    def hex_chars(self) -> int:
        return 64 if self is Algorithm.SHA_256 else 32

    def hash(self, text: str) -> str:
        """Lower-case hex of the hash of `text` in UTF-8."""
        data = text.encode("utf-8", "surrogateescape")
        if self is Algorithm.SHA_256:
            return hashlib.sha256(data).hexdigest()
        return hashlib.md5(data, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Challenge:
    """What stands in WWW-Authenticate or Proxy-Authenticate. `qop` as received; ours is always `auth`."""

    realm: str
    nonce: str
    algorithm: Algorithm = Algorithm.SHA_256
    qop: tuple[str, ...] = ("auth",)
    opaque: str = ""
    stale: bool = False

    def render(self) -> str:
        params = [("realm", quoted(self.realm)), ("nonce", quoted(self.nonce)), ("qop", quoted(",".join(self.qop)))]
        params.append(("algorithm", self.algorithm.value))
        if self.opaque:
            params.append(("opaque", quoted(self.opaque)))
        if self.stale:
            params.append(("stale", "true"))
        return render_auth(SCHEME, params)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What stands in Authorization or Proxy-Authorization. `nc` counts the uses of the nonce, from 1."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str = field(repr=False)
    algorithm: Algorithm
    cnonce: str
    nc: int
    opaque: str = ""

    def render(self) -> str:
        params = [
            ("username", quoted(self.username)),
            ("realm", quoted(self.realm)),
            ("nonce", quoted(self.nonce)),
            ("uri", quoted(self.uri)),
            ("response", quoted(self.response)),
            ("algorithm", self.algorithm.value),
            ("cnonce", quoted(self.cnonce)),
            ("qop", "auth"),
            ("nc", f"{self.nc:08x}"),
        ]
        if self.opaque:
            params.append(("opaque", quoted(self.opaque)))
        return render_auth(SCHEME, params)


def compute_ha1(user: str, realm: str, password: str, algorithm: Algorithm) -> str:
    """H(user:realm:password) in hex: enough to sign in as this user in this realm, so keep it like a password."""
    return algorithm.hash(f"{user}:{realm}:{password}")


def compute_response(ha1: str, nonce: str, nc: int, cnonce: str, method: str, uri: str, algorithm: Algorithm) -> str:
    """The `response` of RFC 7616 section 3.4.1 for qop=auth; with an empty method, `rspauth` of section 3.5."""
    return algorithm.hash(f"{ha1}:{nonce}:{nc:08x}:{cnonce}:auth:" + algorithm.hash(f"{method}:{uri}"))


def verify(credentials: Credentials, method: str, ha1: str | None) -> bool:
    """Was the response made with the password behind `ha1`? None stands for an account that does not exist, and costs
    what a wrong password costs. Nonce, count, realm and request URI are the caller's to check."""
    expected = compute_response(
        ha1 or "0" * credentials.algorithm.hex_chars,
        credentials.nonce,
        credentials.nc,
        credentials.cnonce,
        method,
        credentials.uri,
        credentials.algorithm,
    )
    return hmac.compare_digest(expected, credentials.response.lower()) and ha1 is not None


def answer(
    challenge: Challenge, *, username: str, password: str, method: str, uri: str, cnonce: str, nc: int = 1
) -> Credentials:
    """The client's half. `cnonce` is random text; `nc` is one more with every use of the same nonce."""
    ha1 = compute_ha1(username, challenge.realm, password, challenge.algorithm)
    response = compute_response(ha1, challenge.nonce, nc, cnonce, method, uri, challenge.algorithm)
    return Credentials(
        username, challenge.realm, challenge.nonce, uri, response, challenge.algorithm, cnonce, nc, challenge.opaque
    )


def choose_challenge(
    values: Iterable[str], algorithms: Sequence[Algorithm] = (Algorithm.SHA_256, Algorithm.MD5)
) -> Challenge | None:
    """The first challenge that a client with these algorithms can answer: the server's order counts (RFC 8760 2.4)."""
    for value in values:
        challenge = parse_challenge(value)
        if isinstance(challenge, Challenge) and challenge.algorithm in algorithms and "auth" in challenge.qop:
            return challenge
    return None


def parse_challenge(value: str) -> Challenge | Malformed:
    """A WWW-Authenticate or Proxy-Authenticate value of scheme Digest."""
    auth = _digest(value)
    if isinstance(auth, Malformed):
        return auth
    params = auth.params
    algorithm = _algorithm(params.get("algorithm", "MD5"))
    if algorithm is None:
        return Malformed("unknown Digest algorithm")
    if "realm" not in params or not params.get("nonce"):
        return Malformed("Digest challenge without realm or nonce")
    qop = tuple(item.strip().lower() for item in params.get("qop", "").split(",") if item.strip())
    stale = params.get("stale", "").lower() == "true"
    return Challenge(params["realm"], params["nonce"], algorithm, qop, params.get("opaque", ""), stale)


def parse_credentials(value: str) -> Credentials | Malformed:
    """An Authorization or Proxy-Authorization value of scheme Digest; only qop=auth is read."""
    auth = _digest(value)
    if isinstance(auth, Malformed):
        return auth
    params = auth.params
    missing = [name for name in ("realm", "nonce", "uri", "response", "cnonce", "nc") if not params.get(name)]
    username = _username(auth)
    algorithm = _algorithm(params.get("algorithm", "MD5"))
    if missing or not username:
        return Malformed(f"Digest credentials without {missing[0] if missing else 'username'}")
    if algorithm is None or params.get("qop", "").lower() != "auth":
        return Malformed("Digest algorithm or qop that was not offered")
    response = params["response"]
    if not _NC.fullmatch(params["nc"]) or not _HEX.fullmatch(response) or len(response) != algorithm.hex_chars:
        return Malformed("Digest response or nc is not the hex it should be")
    return Credentials(
        username,
        params["realm"],
        params["nonce"],
        params["uri"],
        response,
        algorithm,
        params["cnonce"],
        int(params["nc"], 16),
        params.get("opaque", ""),
    )


def _digest(value: str) -> AuthValue | Malformed:
    auth = parse_auth(value)
    if isinstance(auth, Malformed):
        return auth
    if not auth.is_scheme(SCHEME):
        return Malformed("not Digest")
    if any(len(text) > (_MAX_URI if name == "uri" else _MAX_TEXT) for name, text in auth.params.items()):
        return Malformed("Digest parameter too long")
    return auth


def _algorithm(name: str) -> Algorithm | None:
    return next((each for each in Algorithm if each.value == name.upper()), None)


def _username(auth: AuthValue) -> str:
    """`username`, or `username*` for names that the header cannot carry as they are (RFC 7616 section 3.4)."""
    plain, extended = auth.params.get("username"), auth.params.get("username*")
    if extended is None or plain is not None:
        return (plain or "") if extended is None else ""
    found = _EXTENDED.fullmatch(extended)
    try:
        return unquote(found[1], errors="strict") if found else ""
    except UnicodeDecodeError:
        return ""
