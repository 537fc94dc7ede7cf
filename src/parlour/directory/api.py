"""What a directory promises: who people and groups are, and whether somebody is who they say.

Reading is synchronous and from memory: it stands on the path of every request. A directory that Parlour keeps itself
(`local`) can be written as well; one that is kept elsewhere cannot.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Protocol

from parlour.rooms.model import Person, Principal

__all__ = ["AccountRefused", "AccountsUnusable", "AccountsUnwritten", "ChatSetting", "Directory", "OtherDomain"]


class AccountRefused(Exception):
    """The directory will not do it: a name that is taken or not valid, a group inside itself, a password too short. The
    text is one sentence for the person who asked."""


class AccountsUnwritten(AccountRefused):
    """Nothing was changed: the file is locked, or the disk is full or broken. The text is what was said about it. It
    may go well another time."""


class AccountsUnusable(Exception):
    """The file of accounts cannot be used: damaged, not readable, of a newer release or another domain. The text says
    which; the caller knows the path."""


class OtherDomain(AccountsUnusable):
    """The file belongs to `domain`."""

    def __init__(self, domain: str) -> None:
        super().__init__(f"it belongs to the domain {domain}")
        self.domain = domain


class ChatSetting(IntEnum):
    """What a person, a group or the domain says about being enabled for group chat. The numbers are kept on disk."""

    OFF = 0
    ON = 1
    INHERIT = 2
    """Nothing: a person's groups decide, then the domain."""


class Directory(Protocol):
    """People are named by URI, `sip:alice@example.com`, in lower case; groups and the domain by `ma-grp:<guid>@u.g`."""

    def find_person(self, uri: str) -> Person | None:
        """The person, disabled or not."""
        ...

    def find_by_login(self, login: str, domain: str | None = None) -> str | None:
        """What people type to the person's URI, whatever its case: `alice`, `alice@example.com`,
        `sip:alice@example.com`, `EXAMPLE\\alice`. `domain` goes with a bare login: the SIP domain or its first label;
        any other names nobody."""
        ...

    def nt_hash(self, uri: str) -> bytes | None:
        """The NT hash, 16 bytes; None for nobody, for an account without a password, or when NTLM is off. A disabled
        account still has one: refuse it after the proof, so that strangers do not learn who is disabled."""
        ...

    def digest_ha1(self, uri: str, algorithm: str, username: str = "") -> str | None:
        """HA1 in hex for realm = SIP domain; `algorithm` is `SHA-256` or `MD5`. None as for `nt_hash`.

        The user name in the credentials is part of what was hashed: pass it as the client wrote it. `alice` and
        `alice@example.com` are known, in lower case; "" means the first."""
        ...

    async def check_password(self, uri: str, password: str) -> bool:
        """For the web and the command line. Takes the same time whoever the URI names; False for a disabled account."""
        ...

    def people(self) -> Sequence[Person]: ...

    def groups(self) -> Sequence[Principal]:
        """Groups, folders and the domain."""
        ...

    def principals(self) -> Sequence[Principal]:
        """Everybody and everything that may stand in a role or scope: people, groups, the domain."""
        ...

    def find_principal(self, uri: str) -> Principal | None: ...

    def subscribe(self, callback: Callable[[str], None]) -> None:
        """Call back, on the loop's thread, with the URI of each person who was added, removed, or whose data, groups or
        rights changed. Callbacks must not raise."""
        ...

    def subscribe_passwords(self, callback: Callable[[str], None]) -> None:
        """As `subscribe`, with the URI of each person who has got another password."""
        ...
