"""Commands about who is enabled for group chat: by person, by group or folder, and for the whole domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from parlour.hub.accounts import Accounts, ChatSetting
from parlour.hub.commands.finding import find_domain, find_group, find_person
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_principal
from parlour.hub.commands.users import with_accounts
from parlour.rooms.model import Person, PrincipalKind
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS"]


@dataclass(frozen=True, slots=True)
class Show:
    user: str | None = param("Login or address; without one, the settings of groups and domain.", None, positional=True)


@dataclass(frozen=True, slots=True)
class Set:
    setting: Literal["on", "off", "inherit"] = param("on, off, or inherit: what stands further up decides.")
    user: str | None = param("Of this person.", None)
    group: str | None = param("Of everybody in this group or folder who has no setting of their own.", None)
    everyone: bool = param(
        "Of the whole domain: for those whom neither their own setting nor a group's reaches.", False
    )


async def _show(context: Context, actor: Person | None, accounts: Accounts, params: Show) -> Any:
    if params.user is None:
        return _shown_general(context, accounts)
    uri = find_person(context, params.user)
    return uri if isinstance(uri, Refused) else _shown_person(context, accounts, uri)


def _shown_person(context: Context, accounts: Accounts, uri: str) -> Any:
    """What counts, and whose setting it is."""
    decision = accounts.chat_decision(uri)
    decided_by = context.hub.people.find_principal(decision.by) if decision.by is not None else None
    source = "default" if decided_by is None else decided_by.kind.name.lower()
    return {
        "user": uri,
        "chat": decision.enabled,
        "source": source,
        "source_name": decided_by.display_name if decided_by is not None else None,
        "own": _word(accounts, uri),
    }


def _shown_general(context: Context, accounts: Accounts) -> Any:
    """The settings of the domain, and of the groups that have one."""
    groups = context.hub.people.groups()
    rows = [
        show_principal(group) | {"chat": _word(accounts, group.uri)}
        for group in sorted(groups, key=lambda group: (group.kind is not PrincipalKind.DOMAIN, group.display_name))
        if group.kind is PrincipalKind.DOMAIN or accounts.chat_setting(group.uri) is not ChatSetting.INHERIT
    ]
    # Where nobody says anything, group chat is on.
    return [row | {"chat": "on"} if row["kind"] == "domain" and row["chat"] == "inherit" else row for row in rows]


async def _set(context: Context, actor: Person | None, accounts: Accounts, params: Set) -> Any:
    if sum((params.user is not None, params.group is not None, params.everyone)) != 1:
        return Refused(Refusal.INVALID, "say whose setting it is: one of --user, --group and --global")
    uri = _subject(context, params)
    if isinstance(uri, Refused):
        return uri
    await accounts.set_chat(uri, ChatSetting[params.setting.upper()])
    return _shown_person(context, accounts, uri) if params.user is not None else _shown_general(context, accounts)


def _subject(context: Context, params: Set) -> str | Refused:
    if params.user is not None:
        return find_person(context, params.user)
    group = find_domain(context) if params.group is None else find_group(context, params.group)
    return group if isinstance(group, Refused) else group.uri


def _word(accounts: Accounts, uri: str) -> str:
    return accounts.chat_setting(uri).name.lower()


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "policy.show",
        Show,
        "Show who is enabled for group chat, and by which setting.",
        with_accounts(_show),
        reads=True,
    ),
    Command(
        "policy.set",
        Set,
        "Enable a person, a group or everybody for group chat.",
        with_accounts(_set),
        "Switch group chat {setting} for everybody who has no other setting, and end their sessions?",
        asks=lambda given: given.everyone and given.setting == "off",
        subjects={"user": "user", "group": "group", "domain": "everyone"},
    ),
)
