"""Passwords: Argon2id for the password itself, and beside it only the verifiers that the enabled SIP schemes need."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from parlour.directory.api import AccountRefused
from parlour.sip.auth.ntlm import nt_hash

__all__ = ["Argon2Settings", "Passwords", "VerifierSchemes", "check_password_rules"]

MAX_PASSWORD_CHARS = 256


@dataclass(frozen=True, slots=True)
class VerifierSchemes:
    """Which SIP schemes are on, and so which verifiers are kept."""

    ntlm: bool = True
    digest: bool = True
    digest_md5: bool = False


@dataclass(frozen=True, slots=True)
class Argon2Settings:
    """Cost of one Argon2id hash: passes, KiB of memory, lanes (RFC 9106 section 4, second recommendation)."""

    time_cost: int = 3
    memory_kib: int = 65536
    lanes: int = 4


class Passwords:
    """Makes and checks hashes, off the event loop."""

    def __init__(self, schemes: VerifierSchemes, realm: str, argon2: Argon2Settings) -> None:
        self._schemes = schemes
        self._realm = realm
        self._hasher = PasswordHasher(argon2.time_cost, argon2.memory_kib, argon2.lanes)
        self._dummy: str | None = None
        # One at a time: each takes 64 MiB, and guesses must not take all cores.
        self._turn = asyncio.Semaphore(1)

    async def hash(self, password: str) -> str:
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, stored: str | None, password: str) -> bool:
        """Whether it fits; as slow for somebody who has no password, or does not exist."""
        async with self._turn:
            return await asyncio.to_thread(self._check, stored, password)

    def _check(self, stored: str | None, password: str) -> bool:
        if stored is None:
            if self._dummy is None:
                self._dummy = self._hasher.hash("nobody's password")
            self._verify(self._dummy, password)
            return False
        return self._verify(stored, password)

    def _verify(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    def verifiers(self, user: str, domain: str, password: str) -> Iterator[tuple[str, bytes]]:
        """(kind, value) of each verifier. Digest has one for each way to write the user name: `alice`,
        `alice@domain`."""
        if self._schemes.ntlm:
            yield "ntlm", nt_hash(password)
        algorithms = [("SHA-256", self._schemes.digest), ("MD5", self._schemes.digest_md5)]
        for algorithm, wanted in algorithms:
            for name in (user, f"{user}@{domain}") if wanted else ():
                text = f"{name}:{self._realm}:{password}".encode()
                yield f"digest {algorithm} {name}", _digest(algorithm, text).encode()


def _digest(algorithm: str, text: bytes) -> str:
    if algorithm == "MD5":
        return hashlib.md5(text, usedforsecurity=False).hexdigest()
    return hashlib.sha256(text).hexdigest()


def check_password_rules(password: str) -> None:
    """Raises AccountRefused. COMPAT: SIPE cuts passwords at the first character that is not ASCII; such a password is
    the administrator's choice all the same."""
    if len(password) < 8:
        raise AccountRefused("the password is too short: use at least 8 characters")
    if len(password) > MAX_PASSWORD_CHARS:
        raise AccountRefused(f"the password is too long: use at most {MAX_PASSWORD_CHARS} characters")
    if any(ord(character) < 32 for character in password):
        raise AccountRefused("the password has a control character in it")
