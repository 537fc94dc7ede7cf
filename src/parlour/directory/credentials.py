"""What proves who somebody is: the hash of a password, and what other schemes verify with, in memory by person.

Nothing here is written to the file; `local` does, and tells what is kept from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from parlour.directory.database import Loaded
from parlour.directory.names import login_of
from parlour.directory.passwords import PasswordCost, Passwords, normal_password
from parlour.directory.verifiers import NTLM, VerifierSchemes, digest_kind, kinds, make_verifiers

__all__ = ["Credentials", "Proof"]


@dataclass(frozen=True, slots=True)
class Proof:
    """What is kept of one password: its Argon2id hash, and verifiers by kind."""

    encoded: str
    verifiers: Mapping[str, bytes]

    def __repr__(self) -> str:
        return "Proof(...)"


class Credentials:
    """Close it when done."""

    def __init__(self, loaded: Loaded, domain: str, schemes: VerifierSchemes, cost: PasswordCost) -> None:
        self._domain = domain
        self._schemes = schemes
        self._passwords = Passwords(cost)
        self._hashes = dict(loaded.hashes)
        self._verifiers = {uri: dict(found) for uri, found in loaded.verifiers.items()}

    def close(self) -> None:
        self._passwords.close()

    def drop_unwanted(self) -> list[tuple[str, str]]:
        """Forget the verifiers of schemes that are switched off, and say which these were, as (person, kind)."""
        unwanted = [(uri, kind) for uri, found in self._verifiers.items() for kind in found.keys() - self._kinds(uri)]
        for uri, kind in unwanted:
            del self._verifiers[uri][kind]
        return unwanted

    def nt_hash(self, uri: str) -> bytes | None:
        return self._verifiers.get(uri, {}).get(NTLM)

    def digest_ha1(self, uri: str, algorithm: str, username: str) -> str | None:
        name = username.removeprefix("sip:") or login_of(uri)
        value = self._verifiers.get(uri, {}).get(digest_kind(algorithm, name))
        return value.decode() if value is not None else None

    def hash_of(self, uri: str) -> str | None:
        return self._hashes.get(uri)

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether `encoded` is of this password; False for None, which takes as long."""
        return await self._passwords.verify(encoded, normal_password(password))

    async def prove(self, uri: str, password: str) -> Proof:
        """What is to be kept of a new password. Raises `AccountRefused`."""
        normal = self._passwords.check_new(password)
        return Proof(await self._passwords.hash(normal), self._make(uri, normal))

    async def renew(self, uri: str, password: str, encoded: str) -> Proof | None:
        """What newer settings ask for, now that the password of `encoded` is here for once; None if all is there."""
        outdated = self._passwords.is_outdated(encoded)
        if not outdated and self._kinds(uri) <= self._verifiers.get(uri, {}).keys():
            return None
        normal = normal_password(password)
        return Proof(await self._passwords.hash(normal) if outdated else encoded, self._make(uri, normal))

    def put(self, uri: str, proof: Proof) -> None:
        self._hashes[uri] = proof.encoded
        self._verifiers[uri] = dict(proof.verifiers)

    def forget(self, uri: str) -> None:
        self._hashes.pop(uri, None)
        self._verifiers.pop(uri, None)

    def _kinds(self, uri: str) -> frozenset[str]:
        return kinds(self._schemes, login_of(uri), self._domain)

    def _make(self, uri: str, normal: str) -> Mapping[str, bytes]:
        return make_verifiers(self._schemes, login_of(uri), self._domain, normal)
