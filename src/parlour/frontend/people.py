"""What the front end asks of a directory: the part of `directory.api.Directory` it uses, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from parlour.rooms.model import Person
from parlour.sip.uri import aor

__all__ = ["People", "address_of"]


class People(Protocol):
    """All answers come from memory. URIs are compared without case; what is returned is the directory's spelling."""

    def find_person(self, uri: str) -> Person | None: ...

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        """The URI of the person somebody means by `alice`, `alice@example.com` or `sip:alice@example.com`."""
        ...

    def nt_hash(self, uri: str) -> bytes | None: ...

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        """`algorithm`: `SHA-256` or `MD5`. `username` as the client wrote it: it is part of what was hashed."""
        ...

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call `callback(uri)` whenever a person is changed or removed."""
        ...

    def subscribe_passwords(self, callback: Callable[[str], None]) -> None:
        """Call `callback(uri)` whenever somebody has got another password."""
        ...


def address_of(people: People, uri: str) -> str | None:
    """The person behind an address, as the directory writes it, or None. Raises RemoteProtocolError 400 or 416."""
    person = people.find_person(aor(uri))
    return person.uri if person is not None else None
