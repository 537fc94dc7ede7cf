"""What the house may ask of a directory. Answers come from memory: nothing here waits, except checking a password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from parlour.rooms.model import Person, Principal

__all__ = ["AccountRefused", "Directory"]


class AccountRefused(Exception):
    """The directory will not do it: a name that is taken or not valid, a group inside itself, a password too short. The
    text is one sentence for the person who asked."""


class Directory(Protocol):
    """The reading side. URIs are `sip:user@domain` in lower case, `ma-grp:<guid>@u.g` for groups and domains."""

    def find_person(self, uri: str) -> Person | None: ...

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        """`alice`, `alice@example.com` or `sip:alice@example.com`, in any case, to the person's URI. `domain` is what
        the client gave beside the login (an NTLM domain); one that is not ours names nobody."""
        ...

    def nt_hash(self, uri: str) -> bytes | None:
        """16 octets for NTLM; None when NTLM is off, or the person is unknown or has no password."""
        ...

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        """H(username:realm:password) in hex, `algorithm` SHA-256 or MD5, realm the SIP domain. `username` is as the
        client wrote it: the user part (also when empty) or the whole address, with or without `sip:`."""
        ...

    async def check_password(self, uri: str, password: str) -> bool:
        """The same time for everybody, unknown people included."""
        ...

    def people(self) -> Sequence[Person]: ...

    def principals(self) -> Sequence[Principal]:
        """Everybody and everything that may stand in a role or scope."""
        ...

    def find_principal(self, uri: str) -> Principal | None: ...

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call back with the URI of each person whose data, groups or existence changed."""
        ...
