"""Connectionless NTLM, both ends: is the type 3 message an answer to our challenge, and which keys follow from it.

NTLMv2 only (MS-NLMP section 3.3.2 and 3.4.5). No integrity code is demanded: without a type 1 message there is
nothing it could protect, and no client sends one. What SIP makes of the keys is in `signing`.
"""

from __future__ import annotations

import hmac
import struct
from dataclasses import dataclass, field

from parlour.sip.auth.md4 import md4
from parlour.sip.auth.md5 import hmac_md5, md5
from parlour.sip.auth.ntlm_messages import (
    CHALLENGE_FLAGS,
    REQUIRED_FLAGS,
    Authenticate,
    AvId,
    Challenge,
    Flag,
    build_challenge,
    pack_authenticate,
    parse_authenticate,
    parse_av_pairs,
    parse_challenge,
)
from parlour.sip.auth.params import Malformed
from parlour.sip.auth.rc4 import rc4

__all__ = [
    "CHALLENGE_FLAGS",
    "Authenticate",
    "Challenge",
    "SessionKeys",
    "answer_challenge",
    "build_authenticate",
    "build_challenge",
    "derive_keys",
    "nt_hash",
    "parse_authenticate",
    "parse_challenge",
    "verify",
]

_SUPPORTED_FLAGS = 0x629A8255 & ~Flag.TARGET_TYPE_SERVER


@dataclass(frozen=True, slots=True)
class SessionKeys:
    """Four keys of 16 bytes; *client* keys are for what the client sends (MS-NLMP 3.4.5.2 and 3.4.5.3)."""

    client_sign: bytes = field(repr=False)
    client_seal: bytes = field(repr=False)
    server_sign: bytes = field(repr=False)
    server_seal: bytes = field(repr=False)


def nt_hash(password: str) -> bytes:
    """NTOWFv1, 16 bytes: as good as the password itself to whoever has it, so keep it like one."""
    return md4(password.encode("utf-16-le", "surrogatepass"))


def _ascii_upper(text: str) -> str:
    return "".join([c.upper() if c.isascii() else c for c in text])


def _ntowf_v2(hashed: bytes, user: str, domain: str) -> bytes:
    return hmac_md5(hashed, (user + domain).encode("utf-16-le"))


def verify(
    auth: Authenticate, server_challenge: bytes, hashed: bytes | None, challenge_flags: int = CHALLENGE_FLAGS
) -> SessionKeys | None:
    """The keys if `auth` proves knowledge of the password behind the NT hash `hashed`, else None.

    Pass None as `hashed` for an account that does not exist: the refusal then costs what a wrong password costs.
    `server_challenge` and `challenge_flags` are those of the challenge we sent.
    """
    flags = auth.flags & challenge_flags
    proof, blob = auth.nt_response[:16], auth.nt_response[16:]
    # COMPAT: SIPE raises only ASCII letters of the user name, Windows raises all of them.
    keys = [_ntowf_v2(hashed or bytes(16), name, auth.domain) for name in (_ascii_upper(auth.user), auth.user.upper())]
    good = [hmac.compare_digest(hmac_md5(key, server_challenge + blob), proof) for key in keys]
    if not any(good) or hashed is None or flags & REQUIRED_FLAGS != REQUIRED_FLAGS or len(auth.session_key) != 16:
        return None
    session_base = hmac_md5(keys[good.index(True)], proof)
    return derive_keys(rc4(session_base, auth.session_key), flags)


def derive_keys(exported: bytes, flags: int) -> SessionKeys:
    """Signing and sealing keys from the exported session key (16 bytes) and the flags both ends agreed on."""
    sealing = exported if flags & Flag.KEY_128 else exported[: 7 if flags & Flag.KEY_56 else 5]

    def derive(secret: bytes, direction: str, purpose: str) -> bytes:
        magic = f"session key to {direction} {purpose} key magic constant\0"
        return md5(secret + magic.encode()).digest()

    return SessionKeys(
        client_sign=derive(exported, "client-to-server", "signing"),
        client_seal=derive(sealing, "client-to-server", "sealing"),
        server_sign=derive(exported, "server-to-client", "signing"),
        server_seal=derive(sealing, "server-to-client", "sealing"),
    )


def build_authenticate(
    challenge: Challenge,
    *,
    user: str,
    hashed: bytes,
    client_challenge: bytes,
    session_key: bytes,
    timestamp: int,
    domain: str = "",
    workstation: str = "",
) -> tuple[bytes, SessionKeys]:
    """The client's half: a type 3 message answering `challenge`, and the keys that follow.

    `client_challenge` (8 bytes) and `session_key` (16 bytes) are random; `hashed` is `nt_hash(password)`; `timestamp`
    counts 100 ns since 1601-01-01 UTC and gives way to the server's own if the challenge carries one.
    """
    pairs = parse_av_pairs(challenge.target_info)
    stamp = pairs.get(AvId.TIMESTAMP) if not isinstance(pairs, Malformed) else None
    key = _ntowf_v2(hashed, _ascii_upper(user), domain)
    when = stamp if stamp is not None and len(stamp) == 8 else struct.pack("<Q", timestamp)
    blob = b"\1\1" + bytes(6) + when + client_challenge + bytes(4) + challenge.target_info + bytes(4)
    proof = hmac_md5(key, challenge.server_challenge + blob)
    lm_response = hmac_md5(key, challenge.server_challenge + client_challenge) + client_challenge
    flags = challenge.flags & _SUPPORTED_FLAGS | Flag.REQUEST_TARGET
    wrapped = rc4(hmac_md5(key, proof), session_key)
    message = Authenticate(
        flags, domain, user, workstation, bytes(24) if stamp is not None else lm_response, proof + blob, wrapped
    )
    return pack_authenticate(message), derive_keys(session_key, flags)


def answer_challenge(
    data: bytes,
    *,
    user: str,
    password: str,
    randomness: bytes,
    timestamp: int,
    domain: str = "",
    workstation: str = "",
) -> tuple[bytes, SessionKeys] | Malformed:
    """`build_authenticate` for a client that has a type 2 message, a password and 24 random bytes in its hands."""
    challenge = parse_challenge(data)
    if isinstance(challenge, Malformed):
        return challenge
    if challenge.flags & REQUIRED_FLAGS != REQUIRED_FLAGS:
        return Malformed("the server offers no NTLM that can sign")
    return build_authenticate(
        challenge,
        user=user,
        hashed=nt_hash(password),
        client_challenge=randomness[:8],
        session_key=randomness[8:24],
        timestamp=timestamp,
        domain=domain,
        workstation=workstation,
    )
