"""Passwords: Argon2id off the event loop, at a cost that does not tell who exists."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import argon2
from argon2 import exceptions

from parlour.directory.api import AccountRefused

__all__ = ["PasswordCost", "Passwords", "normal_password"]

_MAX_CHARS = 256


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """Cost of one Argon2id hash: passes, KiB of memory, lanes (RFC 9106 section 4, second recommendation). `workers`:
    hashes at the same time, each of which takes the memory. `min_chars`: the shortest password that may be set."""

    time_cost: int = 3
    memory_kib: int = 65536
    parallelism: int = 4
    workers: int = 2
    min_chars: int = 8


def normal_password(password: str) -> str:
    """The form that is hashed: NFC, so that it does not matter how a keyboard composes its letters (RFC 8265)."""
    return unicodedata.normalize("NFC", password)


class Passwords:
    """Hashes and verifies. Close it when done."""

    def __init__(self, cost: PasswordCost) -> None:
        self._cost = cost
        self._hasher = argon2.PasswordHasher(
            time_cost=cost.time_cost, memory_cost=cost.memory_kib, parallelism=cost.parallelism
        )
        # Its own pool, so that a crowd at the door takes `workers` times the memory and never more.
        self._pool = ThreadPoolExecutor(cost.workers, thread_name_prefix="parlour-passwords")
        self._stand_in = _hash_of_nothing(cost)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def check_new(self, password: str) -> str:
        """The password as it will be hashed. Raises `AccountRefused`.

        COMPAT: SIPE cuts passwords at the first character that is not ASCII. They are allowed all the same:
        other clients can use them.
        """
        normal = normal_password(password)
        if len(normal) < self._cost.min_chars:
            raise AccountRefused(f"a password has at least {self._cost.min_chars} characters")
        if len(normal) > _MAX_CHARS:
            raise AccountRefused(f"a password has at most {_MAX_CHARS} characters")
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in normal):
            raise AccountRefused("a password has no control characters in it")
        return normal

    async def hash(self, password: str) -> str:
        """An encoded hash of an already normal password."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._hasher.hash, password)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `encoded` was made of this normal password. None, for nobody, takes as long and is False."""
        against, tried = encoded or self._stand_in, password[:_MAX_CHARS]
        good = await asyncio.get_running_loop().run_in_executor(self._pool, self._matches, against, tried)
        return good and encoded is not None and tried == password

    def is_outdated(self, encoded: str) -> bool:
        """Made with other parameters than those in force."""
        return self._hasher.check_needs_rehash(encoded)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password.encode("utf-8", "surrogatepass"))
        except (exceptions.VerifyMismatchError, exceptions.VerificationError, exceptions.InvalidHashError):
            return False


def _hash_of_nothing(cost: PasswordCost) -> str:
    """An encoded hash that no password has, made without hashing."""

    def text(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    return f"$argon2id$v=19$m={cost.memory_kib},t={cost.time_cost},p={cost.parallelism}${text(16)}${text(32)}"
