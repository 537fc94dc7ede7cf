"""The writing side of a directory, for the administrative commands. One that is kept elsewhere (LDAP) has none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from parlour.directory.api import AccountRefused, AccountsUnwritten, ChatSetting
from parlour.directory.chat_policy import ChatDecision
from parlour.hub.auditing import RecordKeeper
from parlour.rooms.model import Person, Principal

__all__ = ["AccountRefused", "Accounts", "AccountsUnwritten", "ChatDecision", "ChatSetting"]


class Accounts(RecordKeeper, Protocol):
    """People and groups of a directory that Parlour keeps itself. URIs name them, except when they are made.

    Every method raises `AccountRefused` when the directory says no, `AccountsUnwritten` when the disk does, and
    `KeyError` for a URI that is unknown."""

    def address_of(self, login: str) -> str:
        """The URI that a new person of this login would have; refused if it cannot be one, or is taken."""
        ...

    async def add_user(
        self, login: str, password: str | None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        """`login` is the part before the @ or a whole address of the directory's domain. Without a password the person
        exists but cannot sign in. Refused while an earlier person of the address is `departed`."""
        ...

    async def modify_user(
        self, uri: str, *, display_name: str | None = None, email: str | None = None, company: str | None = None
    ) -> None:
        """None leaves as it is, "" takes mail address or company away. The address stays."""
        ...

    def has_password(self, uri: str) -> bool:
        """Whether the person could sign in."""
        ...

    async def set_password(self, uri: str, password: str) -> None: ...

    async def remove_user(self, uri: str) -> None:
        """The person is `departed` from now on."""
        ...

    async def set_enabled(self, uri: str, enabled: bool) -> None: ...

    async def set_chat_enabled(self, uri: str, enabled: bool) -> None: ...

    async def set_chat(self, uri: str, setting: ChatSetting) -> None:
        """Of a person, a group or folder, or the domain, whose setting is the global default."""
        ...

    def chat_setting(self, uri: str) -> ChatSetting: ...

    def chat_decision(self, uri: str) -> ChatDecision:
        """Whether a person is enabled for group chat, and whose setting decided."""
        ...

    async def set_admin(self, uri: str, is_admin: bool) -> None: ...

    async def add_group(self, name: str, *, folder: bool = False) -> Principal: ...

    async def rename_group(self, uri: str, name: str) -> Principal: ...

    async def remove_group(self, uri: str) -> None:
        """The group is `departed` from now on."""
        ...

    async def add_to_group(self, group: str, *members: str) -> int:
        """Put people and other groups in, all or none; how many were not in it before."""
        ...

    async def remove_from_group(self, group: str, *members: str) -> int:
        """How many were in it."""
        ...

    async def set_members(self, group: str, members: Collection[str]) -> tuple[int, int]:
        """From now on these are the members: how many came in, and how many went."""
        ...

    async def move_to_folder(self, folder: str, *members: str) -> int:
        """Put people and folders in, out of the folder that each of them is in; how many were not in it before."""
        ...

    async def members_of(self, group: str) -> Sequence[Principal]:
        """Direct members."""
        ...

    def size_of(self, group: str) -> int:
        """How many direct members there are."""
        ...

    def containers_of(self, uri: str) -> Sequence[Principal]:
        """The groups and folders that somebody or something is in, nested ones included, the domain not."""
        ...

    def departed(self) -> Sequence[str]:
        """URIs that are removed, while what is kept for them elsewhere has still to be forgotten."""
        ...

    async def settle_departed(self, uri: str) -> None:
        """Nothing is kept of this one any more."""
        ...
