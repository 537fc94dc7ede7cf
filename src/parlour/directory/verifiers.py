"""What must be kept of a password beside its Argon2id hash, so that SIP's schemes can work: only for those switched on.

An NT hash is as good as the password for NTLM, an HA1 for Digest in this realm. That is why they are made for enabled
schemes only, and deleted when a scheme is switched off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlour.sip.auth.digest import Algorithm, compute_ha1
from parlour.sip.auth.ntlm import nt_hash

__all__ = ["NTLM", "VerifierSchemes", "digest_kind", "kinds", "make_verifiers"]

NTLM = "ntlm"


@dataclass(frozen=True, slots=True)
class VerifierSchemes:
    """The schemes people may sign in with."""

    ntlm: bool = True
    digest: bool = True
    digest_md5: bool = False

    @property
    def algorithms(self) -> tuple[Algorithm, ...]:
        strong = (Algorithm.SHA_256,) if self.digest else ()
        return (*strong, Algorithm.MD5) if self.digest_md5 else strong


def digest_kind(algorithm: str, username: str) -> str:
    """The name under which an HA1 is kept: the user name is part of what is hashed."""
    return f"digest {algorithm.upper()} {username}"


def kinds(schemes: VerifierSchemes, login: str, domain: str) -> frozenset[str]:
    """The names of all verifiers that an account with a password has to have."""
    names = (login, f"{login}@{domain}")
    found = {digest_kind(algorithm.value, name) for algorithm in schemes.algorithms for name in names}
    return frozenset(found | {NTLM}) if schemes.ntlm else frozenset(found)


def make_verifiers(schemes: VerifierSchemes, login: str, domain: str, password: str) -> Mapping[str, bytes]:
    """Everything that `kinds` names, from a normal password. The realm is the domain; HA1s are kept as hex."""
    made: dict[str, bytes] = {}
    if schemes.ntlm:
        made[NTLM] = nt_hash(password)
    for algorithm in schemes.algorithms:
        for name in (login, f"{login}@{domain}"):
            made[digest_kind(algorithm.value, name)] = compute_ha1(name, domain, password, algorithm).encode()
    return made
