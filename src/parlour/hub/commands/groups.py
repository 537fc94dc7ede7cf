"""Commands about groups of people. Only for directories that Parlour keeps itself, and only for administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from parlour.hub.accounts import Accounts
from parlour.hub.commands.finding import find_group, find_principals, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_changes, show_principal, show_traces
from parlour.hub.commands.users import with_accounts
from parlour.hub.slices import slices
from parlour.rooms.model import Person
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
class Modify:
    group: str = param(_GROUP)
    name: str = param("New name; its place in every list stays.")


@dataclass(frozen=True, slots=True)
class Remove:
    group: str = param(_GROUP)
    dry_run: bool = param("Only tell what would go.", False)


@dataclass(frozen=True, slots=True)
class Who:
    group: str = param(_GROUP)
    who: tuple[str, ...] = param("Logins, addresses or group names.")


@dataclass(frozen=True, slots=True)
class Whole:
    group: str = param(_GROUP)
    who: tuple[str, ...] = param("Logins, addresses or group names; nobody empties it.", (), positional=True)


async def _add(context: Context, actor: Person | None, accounts: Accounts, params: Add) -> Any:
    return show_principal(await accounts.add_group(params.name, folder=params.folder))


async def _list(context: Context, actor: Person | None, params: Nothing) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    return [
        show_principal(group) for group in sorted(context.hub.people.groups(), key=lambda group: group.display_name)
    ]


async def _show(context: Context, actor: Person | None, accounts: Accounts, params: One) -> Any:
    group = find_group(context, params.group)
    if isinstance(group, Refused):
        return group
    return show_principal(group) | {
        "members": [
            show_principal(member) async for some in slices(await accounts.members_of(group.uri)) for member in some
        ],
        "within": [show_principal(outer) for outer in accounts.containers_of(group.uri)],
        **await show_changes(context, group.uri, "group.add"),
    }


async def _modify(context: Context, actor: Person | None, accounts: Accounts, params: Modify) -> Any:
    group = find_group(context, params.group)
    if isinstance(group, Refused):
        return group
    return show_principal(await accounts.rename_group(group.uri, params.name))


async def _remove(context: Context, actor: Person | None, accounts: Accounts, params: Remove) -> Any:
    group = find_group(context, params.group)
    if isinstance(group, Refused):
        return group
    departing, setting = context.hub.departing, accounts.chat_setting(group.uri)
    if params.dry_run:
        found = departing.keeps_out(accounts, group) or departing.traces(group.uri)
    else:
        found = await departing.remove_group(actor, accounts, group)
    if isinstance(found, Refused):
        return found
    return show_traces(found, params.dry_run) | {"chat": setting.name.lower()}


def _editing(
    act: Callable[[Accounts, str, frozenset[str]], Awaitable[tuple[int, int]]],
) -> Callable[[Context, Person | None, Accounts, Who | Whole], Awaitable[Any]]:
    """How many came and went is told, not who is in it now: that may be thousands."""

    async def run(context: Context, actor: Person | None, accounts: Accounts, params: Who | Whole) -> Any:
        group = find_group(context, params.group)
        if isinstance(group, Refused):
            return group
        uris = await find_principals(context, params.who)
        if isinstance(uris, Refused):
            return uris
        added, removed = await act(accounts, group.uri, uris)
        return show_principal(group) | {"added": added, "removed": removed, "size": accounts.size_of(group.uri)}

    return run


async def _join(accounts: Accounts, group: str, members: frozenset[str]) -> tuple[int, int]:
    return await accounts.add_to_group(group, *members), 0


async def _part(accounts: Accounts, group: str, members: frozenset[str]) -> tuple[int, int]:
    return 0, await accounts.remove_from_group(group, *members)


async def _move(accounts: Accounts, folder: str, members: frozenset[str]) -> tuple[int, int]:
    return await accounts.move_to_folder(folder, *members), 0


async def _replace(accounts: Accounts, group: str, members: frozenset[str]) -> tuple[int, int]:
    return await accounts.set_members(group, members)


COMMANDS: tuple[Command[Any], ...] = (
    Command("group.add", Add, "Add a group or a folder of people.", with_accounts(_add)),
    Command("group.list", Nothing, "List groups and folders.", _list, reads=True),
    Command(
        "group.show", One, "Show a group, its members, and the groups that it is in.", with_accounts(_show), reads=True
    ),
    Command("group.modify", Modify, "Give a group another name.", with_accounts(_modify)),
    Command(
        "group.remove",
        Remove,
        "Remove a group, also from rooms and categories; its people stay.",
        with_accounts(_remove),
        "Remove the group {group}?",
        preview=True,
    ),
    Command("group.member.add", Who, "Put people or groups into a group.", with_accounts(_editing(_join))),
    Command("group.member.remove", Who, "Take people or groups out of a group.", with_accounts(_editing(_part))),
    Command(
        "group.member.move",
        Who,
        "Put people or folders into a folder, out of the one that they are in.",
        with_accounts(_editing(_move)),
    ),
    Command(
        "group.member.set",
        Whole,
        "Say anew who is in a group.",
        with_accounts(_editing(_replace)),
    ),
)
