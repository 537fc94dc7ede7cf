"""The writing side of a directory, for the administrative commands. One that is kept elsewhere (LDAP) has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from parlour.directory.api import AccountRefused, ChatSetting
from parlour.directory.chat_policy import ChatDecision
from parlour.rooms.model import Person, Principal

__all__ = ["AccountRefused", "Accounts", "ChatDecision", "ChatSetting"]


class Accounts(Protocol):
    """People and groups of a directory that Parlour keeps itself. URIs name them, except when they are made.

    Every method raises `AccountRefused` when the directory says no, and `KeyError` for a URI that is unknown."""

    async def add_user(
        self, login: str, password: str | None, *, display_name: str = "", email: str = "", company: str = ""
    ) -> Person:
        """`login` is the part before the @ or a whole address of the directory's domain. Without a password the person
        exists but cannot sign in."""
        ...

    async def set_password(self, uri: str, password: str) -> None: ...

    async def remove_user(self, uri: str) -> None: ...

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

    async def remove_group(self, uri: str) -> None: ...

    async def add_to_group(self, group: str, member: str) -> None:
        """`member` is a person or another group."""
        ...

    async def remove_from_group(self, group: str, member: str) -> None: ...

    def members_of(self, group: str) -> Sequence[Principal]:
        """Direct members."""
        ...
