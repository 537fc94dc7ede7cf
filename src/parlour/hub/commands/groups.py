"""Commands about groups of people. Only for directories that Parlour keeps itself, and only for administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from parlour.hub.accounts import Accounts
from parlour.hub.commands.finding import find_group, find_principals, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_principal
from parlour.hub.commands.users import with_accounts
from parlour.rooms.model import Person, Principal, PrincipalKind
from parlour.rooms.refusals import Refused

__all__ = ["COMMANDS"]

_GROUP = "Name or URI of the group or folder."


@dataclass(frozen=True, slots=True)
class Add:
    name: str = param("Name of the new group.")
    folder: bool = param("Make a folder: everybody is in one folder at most; folders may be in folders.", False)


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class One:
    group: str = param(_GROUP)


@dataclass(frozen=True, slots=True)
class Who:
    group: str = param(_GROUP)
    who: tuple[str, ...] = param("Logins, addresses or group names.")


async def _add(context: Context, accounts: Accounts, params: Add) -> Any:
    return show_principal(await accounts.add_group(params.name, folder=params.folder))


async def _list(context: Context, actor: Person | None, params: Nothing) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    groups = [each for each in context.hub.people.principals() if each.kind is not PrincipalKind.USER]
    return [show_principal(group) for group in sorted(groups, key=lambda group: group.display_name)]


async def _show(context: Context, accounts: Accounts, params: One) -> Any:
    group = find_group(context, params.group)
    return group if isinstance(group, Refused) else _shown(accounts, group)


async def _remove(context: Context, accounts: Accounts, params: One) -> Any:
    group = find_group(context, params.group)
    if isinstance(group, Refused):
        return group
    await accounts.remove_group(group.uri)
    return {"removed": group.uri}


def _shown(accounts: Accounts, group: Principal) -> Any:
    return show_principal(group) | {"members": [show_principal(member) for member in accounts.members_of(group.uri)]}


def _editing(act: Callable[[Accounts, str, str], Awaitable[None]]) -> Callable[[Context, Accounts, Who], Any]:
    async def run(context: Context, accounts: Accounts, params: Who) -> Any:
        group = find_group(context, params.group)
        if isinstance(group, Refused):
            return group
        uris = find_principals(context, params.who)
        if isinstance(uris, Refused):
            return uris
        for uri in sorted(uris):
            await act(accounts, group.uri, uri)
        return _shown(accounts, group)

    return run


_join = _editing(lambda accounts, group, member: accounts.add_to_group(group, member))
_part = _editing(lambda accounts, group, member: accounts.remove_from_group(group, member))

COMMANDS: tuple[Command[Any], ...] = (
    Command("group.add", Add, "Add a group or a folder of people.", with_accounts(_add)),
    Command("group.list", Nothing, "List groups and folders.", _list),
    Command("group.show", One, "Show a group and its members.", with_accounts(_show)),
    Command(
        "group.remove", One, "Remove a group; its people stay.", with_accounts(_remove), "Remove the group {group}?"
    ),
    Command("group.member.add", Who, "Put people or groups into a group.", with_accounts(_join)),
    Command("group.member.remove", Who, "Take people or groups out of a group.", with_accounts(_part)),
)
