"""The registry itself: what a command is, and running one by name."""

from __future__ import annotations

import difflib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from parlour.hub.accounts import Accounts
from parlour.hub.auditing import Asked, Origin, origin_of
from parlour.hub.commands.params import ParamSpec, read_params, specs_of
from parlour.hub.endpoint_book import EndpointBook
from parlour.hub.hub import Hub
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refused

__all__ = ["Command", "Commands", "Context", "Following", "Serving", "UnknownCommand"]

P = TypeVar("P")


# What a family of commands is about, where that is not the family.
_KINDS = {"message": "room"}


class UnknownCommand(Exception):
    """No command has this name."""


@dataclass(slots=True)
class Serving:
    """The network side as far as commands look at it. `readings` gives its numbers; None where no server runs and the
    data was opened for one command."""

    readings: Callable[[], Mapping[str, object]] | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What commands act on. `accounts` is None where people are kept elsewhere. `new_key` gives 16 random bytes.
    `endpoints` are the further addresses of the channel service."""

    hub: Hub
    accounts: Accounts | None
    new_key: Callable[[], bytes]
    endpoints: EndpointBook
    serving: Serving = field(default_factory=Serving)


def _always(_given: object) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Command(Generic[P]):
    """`run` gives a JSON-able result or a `Refused`. `confirm`: what a person at a terminal is asked first, because it
    cannot be undone; values of parameters stand in it as `{room}`. A dry run asks nothing. `preview`: before the
    question, a dry run shows what it is about. `asks`: whether these parameters ask; `asks_of`: whether that preview
    does. `reads`: it changes nothing and is not recorded in the audit trail; all others are, dry runs excepted.
    `subjects`: the parameters that say what it is about, by the kind of that, if it is not the first one; the first of
    these that is given does."""

    name: str
    params: type[P]
    help: str
    run: Callable[[Context, Person | None, P], Awaitable[Any]]
    confirm: str = ""
    preview: bool = False
    asks: Callable[[P], bool] = _always
    asks_of: Callable[[Any], bool] = _always
    reads: bool = False
    subjects: Mapping[str, str] = field(default_factory=dict)

    @property
    def specs(self) -> tuple[ParamSpec, ...]:
        return specs_of(self.params)

    def about(self, given: P) -> tuple[str, str]:
        """Of what kind the subject is, and how it is called by who asked."""
        for kind, name in self.subjects.items():
            if value := getattr(given, name):
                return kind, value if isinstance(value, str) else name
        family, specs = self.name.partition(".")[0], self.specs
        first = getattr(given, specs[0].name) if specs and not self.subjects else ""
        return _KINDS.get(family, family), first


@dataclass(frozen=True, slots=True)
class Following(Generic[P]):
    """A command that gives JSON-able items as they happen, until whoever asked has enough. The first item may be a
    `Refused`, which ends it."""

    name: str
    params: type[P]
    help: str
    follow: Callable[[Context, Person | None, P], AsyncIterator[Any]]

    @property
    def specs(self) -> tuple[ParamSpec, ...]:
        return specs_of(self.params)


class Commands:
    """All commands by name, and a context to run them on. `describe()` needs no context: see `all_commands`."""

    def __init__(self, context: Context) -> None:
        self._context = context
        if context.accounts is not None:
            context.accounts.record_with(context.hub.auditing.account_record)

    async def run(
        self, name: str, params: Mapping[str, object], actor: Person | None = None, origin: Origin | None = None
    ) -> Any | Refused:
        """Run a command by name; what changes something is recorded, as asked by `origin`. Raises `UnknownCommand` and
        `InvalidParams`."""
        command = find_command(name)
        if not isinstance(command, Command):
            raise UnknownCommand(f"{name} is to be followed, not run")
        given = read_params(command.params, params)
        if command.reads or getattr(given, "dry_run", False):
            return await command.run(self._context, actor, given)
        return await self._recorded(command, actor, given, origin or origin_of(actor))

    async def _recorded(self, command: Command[Any], actor: Person | None, given: object, origin: Origin) -> Any:
        hub, accounts = self._context.hub, self._context.accounts
        kind, subject = command.about(given)
        refusals = actor is None or hub.gate.administers(actor)
        asked = Asked(origin, command.name, kind, subject, refusals)
        answer = await hub.auditing.asked(asked, lambda: command.run(self._context, actor, given))
        if accounts is not None:
            await hub.auditing.carry_over(accounts)
        return answer

    def follow(self, name: str, params: Mapping[str, object], actor: Person | None = None) -> AsyncIterator[Any]:
        """Follow a command by name; close the iterator to end it. Raises as `run`."""
        command = find_command(name)
        if not isinstance(command, Following):
            raise UnknownCommand(f"{name} is to be run, not followed")
        return command.follow(self._context, actor, read_params(command.params, params))


def all_commands() -> Mapping[str, Command[Any] | Following[Any]]:
    """Every command there is, by name."""
    from parlour.hub.commands.table import COMMANDS

    return COMMANDS


def find_command(name: str) -> Command[Any] | Following[Any]:
    """Raises `UnknownCommand`."""
    commands = all_commands()
    if name not in commands:
        near = difflib.get_close_matches(name, commands, n=1)
        raise UnknownCommand(f"{name}; did you mean {near[0]}?" if near else name)
    return commands[name]
