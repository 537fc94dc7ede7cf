"""Commands about people. Only for directories that Parlour keeps itself, and only for administrators."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from parlour.hub.accounts import AccountRefused, Accounts, AccountsUnwritten
from parlour.hub.commands.finding import find_person, known_person, may_see, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_changes, show_person, show_room_row, show_traces
from parlour.hub.slices import slices
from parlour.rooms.model import Person, Role
from parlour.rooms.names import bare_name
from parlour.rooms.policy import names_of
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS", "with_accounts"]

P = TypeVar("P")
_USER = "Login or address."


@dataclass(frozen=True, slots=True)
class Add:
    login: str = param("The part before the @ of the new address.")
    password: str | None = param("Password; without one the person cannot sign in.", None, secret=True)
    display_name: str = param("Name shown to others; the login if not given.", "")
    email: str = param("Mail address.", "")
    company: str = param("Company.", "")
    admin: bool = param("Make the person an administrator.", False)


@dataclass(frozen=True, slots=True)
class List:
    text: str = param("Part of the name or address.", "")


@dataclass(frozen=True, slots=True)
class One:
    user: str = param(_USER)


@dataclass(frozen=True, slots=True)
class Modify:
    user: str = param(_USER)
    display_name: str | None = param("New name shown to others.", None)
    email: str | None = param('New mail address; "" for none.', None)
    company: str | None = param('New company; "" for none.', None)


@dataclass(frozen=True, slots=True)
class Remove:
    user: str = param(_USER)
    dry_run: bool = param("Only tell what would go.", False)


@dataclass(frozen=True, slots=True)
class Password:
    user: str = param(_USER)
    password: str = param("The new password.", secret=True)


@dataclass(frozen=True, slots=True)
class Switch:
    user: str = param(_USER)
    on: bool = param("On or off.", True)


def with_accounts(
    act: Callable[[Context, Person | None, Accounts, P], Awaitable[Any]],
) -> Callable[[Context, Person | None, P], Awaitable[Any]]:
    """A command that writes accounts: for administrators, where the directory is ours; what it refuses is a refusal."""

    async def run(context: Context, actor: Person | None, params: P) -> Any:
        refused = only_admins(context, actor)
        if refused is not None:
            return refused
        if context.accounts is None:
            return Refused(Refusal.NOT_PERMITTED, "people and groups are kept in another directory")
        try:
            return await act(context, actor, context.accounts, params)
        except AccountsUnwritten as error:
            return Refused(Refusal.UNAVAILABLE, f"the accounts cannot be written: {error}")
        except AccountRefused as error:
            return Refused(Refusal.INVALID, str(error))
        except KeyError:
            return Refused(Refusal.NO_SUCH_PRINCIPAL, "there is no such person or group any more")

    return run


async def _add(context: Context, actor: Person | None, accounts: Accounts, params: Add) -> Any:
    address = accounts.address_of(params.login)
    with context.endpoints.giving_to_person(address) as taken:
        refused = taken or await context.hub.departing.make_way(actor, accounts, address)
        return refused or await _added(context, accounts, params)


async def _added(context: Context, accounts: Accounts, params: Add) -> Any:
    person = await accounts.add_user(
        params.login,
        params.password,
        display_name=params.display_name or params.login,
        email=params.email,
        company=params.company,
    )
    if params.admin:
        await accounts.set_admin(person.uri, True)
    return _shown(context, person.uri)


async def _list(context: Context, actor: Person | None, params: List) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    wanted = bare_name(params.text)
    found: list[Person] = []
    async for some in slices(context.hub.people.people()):
        found += [
            person
            for person in some
            if wanted in bare_name(person.display_name) or wanted in person.uri or wanted in bare_name(person.email)
        ]
    found.sort(key=lambda person: person.uri)
    return [show_person(context, person) async for some in slices(found) for person in some]


async def _show(context: Context, actor: Person | None, params: One) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    shown = _shown(context, uri)
    return shown if isinstance(shown, Refused) else shown | await show_changes(context, uri, "user.add")


def _shown(context: Context, uri: str) -> Any:
    person = context.hub.people.find_person(uri)
    if person is None:
        return Refused(Refusal.NO_SUCH_PRINCIPAL, "there is no such person")
    groups = [context.hub.people.find_principal(group) for group in sorted(person.affiliations)]
    denied_in = [category.name for category in context.hub.catalogue.denying(names_of(person))]
    return show_person(context, person) | {
        "groups": [group.display_name for group in groups if group is not None],
        "denied_in": denied_in,
    }


async def _rooms(context: Context, actor: Person | None, params: One) -> Any:
    """Where the person stands in a role or is inside; of an asker who is no administrator, the own rooms."""
    person = known_person(context, actor, params.user)
    if isinstance(person, Refused):
        return person
    hub = context.hub
    names = person.affiliations | {person.uri}
    listed = {role: hub.catalogue.rooms_listing(role, names) for role in (Role.MEMBER, Role.MANAGER)}
    inside = hub.presence.rooms_of(person.uri)
    return [
        show_room_row(context, hub.catalogue.rooms[room])
        | {"member": room in listed[Role.MEMBER], "manager": room in listed[Role.MANAGER], "inside": room in inside}
        for _name, room in hub.catalogue.by_name()
        if (room in inside or any(room in rooms for rooms in listed.values())) and may_see(context, actor, room)
    ]


async def _modify(context: Context, actor: Person | None, accounts: Accounts, params: Modify) -> Any:
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    await accounts.modify_user(uri, display_name=params.display_name, email=params.email, company=params.company)
    return _shown(context, uri)


async def _remove(context: Context, actor: Person | None, accounts: Accounts, params: Remove) -> Any:
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    departing = context.hub.departing
    if params.dry_run:
        found = departing.needed_as_admin(uri) or departing.traces(uri)
    else:
        found = await departing.remove_person(actor, accounts, uri)
    return found if isinstance(found, Refused) else show_traces(found, params.dry_run)


async def _password(context: Context, actor: Person | None, accounts: Accounts, params: Password) -> Any:
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    await accounts.set_password(uri, params.password)
    return _shown(context, uri)


def _setting(
    act: Callable[[Accounts, str, bool], Awaitable[None]],
) -> Callable[[Context, Person | None, Accounts, Switch], Awaitable[Any]]:
    """Flip one flag of a person; `params.on` says which way, `user.enable` and `user.disable` have it fixed."""

    async def run(context: Context, actor: Person | None, accounts: Accounts, params: Switch) -> Any:
        uri = find_person(context, params.user)
        if isinstance(uri, Refused):
            return uri
        await act(accounts, uri, params.on)
        return _shown(context, uri)

    return run


async def _enable(context: Context, actor: Person | None, accounts: Accounts, params: One) -> Any:
    return await _set_enabled(context, actor, accounts, Switch(params.user, on=True))


async def _disable(context: Context, actor: Person | None, accounts: Accounts, params: One) -> Any:
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    return await context.hub.departing.disable(actor, accounts, uri) or _shown(context, uri)


async def _set_admin(context: Context, actor: Person | None, accounts: Accounts, params: Switch) -> Any:
    if params.on:
        return await _make_admin(context, actor, accounts, params)
    uri = find_person(context, params.user)
    if isinstance(uri, Refused):
        return uri
    return await context.hub.departing.resign(actor, accounts, uri) or _shown(context, uri)


_set_enabled = _setting(lambda accounts, uri, on: accounts.set_enabled(uri, on))
_set_chat = _setting(lambda accounts, uri, on: accounts.set_chat_enabled(uri, on))
_make_admin = _setting(lambda accounts, uri, on: accounts.set_admin(uri, on))

COMMANDS: tuple[Command[Any], ...] = (
    Command("user.add", Add, "Add a person.", with_accounts(_add)),
    Command("user.list", List, "List people.", _list, reads=True),
    Command("user.show", One, "Show a person.", _show, reads=True),
    Command("user.rooms", One, "List the rooms where a person is member, manager or inside.", _rooms, reads=True),
    Command("user.modify", Modify, "Change a person; the address and what is not given stay.", with_accounts(_modify)),
    Command(
        "user.remove",
        Remove,
        "Remove a person, also from rooms and categories; what they wrote stays.",
        with_accounts(_remove),
        "Remove the person {user}?",
        preview=True,
    ),
    Command("user.password", Password, "Set a person's password; open sessions end.", with_accounts(_password)),
    Command("user.enable", One, "Let a person sign in again.", with_accounts(_enable)),
    Command(
        "user.disable",
        One,
        "Let a person no longer sign in; open sessions end.",
        with_accounts(_disable),
        "Disable {user}, and end open sessions?",
    ),
    Command("user.chat", Switch, "Allow or forbid a person group chat.", with_accounts(_set_chat)),
    Command("user.admin", Switch, "Make a person an administrator, or no longer one.", with_accounts(_set_admin)),
)
