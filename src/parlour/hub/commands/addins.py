"""Commands about add-ins: web pages that administrators register, to be shown beside rooms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parlour.hub.commands.finding import find_addin, may_see
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.rooms.model import AddIn, Person
from parlour.rooms.refusals import Refused

__all__ = ["COMMANDS"]

_ADDIN = "Name or id of the add-in."


@dataclass(frozen=True, slots=True)
class Create:
    name: str = param("Name of the new add-in; unique among add-ins.")
    url: str = param("Address of the page, http or https.")


@dataclass(frozen=True, slots=True)
class Modify:
    addin: str = param(_ADDIN)
    name: str | None = param("New name.", None)
    url: str | None = param("New address of the page.", None)


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class One:
    addin: str = param(_ADDIN)


@dataclass(frozen=True, slots=True)
class Delete:
    addin: str = param(_ADDIN)
    force: bool = param("Take it out of the rooms that show it, too.", False)


async def _create(context: Context, actor: Person | None, params: Create) -> Any:
    return _shown(context, actor, await context.hub.addins.create(actor, params.name, params.url))


async def _list(context: Context, actor: Person | None, params: Nothing) -> Any:
    return [_shown(context, actor, addin) for addin in context.hub.addins.all()]


async def _show(context: Context, actor: Person | None, params: One) -> Any:
    addin = find_addin(context, params.addin)
    if isinstance(addin, Refused):
        return addin
    return _shown(context, actor, addin) | {"in_rooms": _users(context, actor, addin)}


async def _modify(context: Context, actor: Person | None, params: Modify) -> Any:
    addin = find_addin(context, params.addin)
    if isinstance(addin, Refused):
        return addin
    return _shown(context, actor, await context.hub.addins.modify(actor, addin.id, name=params.name, url=params.url))


async def _delete(context: Context, actor: Person | None, params: Delete) -> Any:
    addin = find_addin(context, params.addin)
    if isinstance(addin, Refused):
        return addin
    gone = await context.hub.addins.delete(actor, addin.id, force=params.force)
    return gone if isinstance(gone, Refused) else {"deleted": gone.name, "id": gone.id}


def _shown(context: Context, actor: Person | None, addin: AddIn | Refused) -> Any:
    if isinstance(addin, Refused):
        return addin
    return {"id": addin.id, "name": addin.name, "url": addin.url, "rooms": len(_users(context, actor, addin))}


def _users(context: Context, actor: Person | None, addin: AddIn) -> list[str]:
    """Names of the rooms that show it, as far as the actor may know of them."""
    catalogue = context.hub.catalogue
    rooms = (catalogue.rooms[room] for _name, room in catalogue.by_name())
    return [room.name for room in rooms if room.addin == addin.id and may_see(context, actor, room.id)]


COMMANDS: tuple[Command[Any], ...] = (
    Command("addin.create", Create, "Register a web page that rooms may show.", _create),
    Command("addin.list", Nothing, "List registered add-ins.", _list, reads=True),
    Command("addin.show", One, "Show an add-in and the rooms that use it.", _show, reads=True),
    Command("addin.modify", Modify, "Change an add-in; what is not given stays.", _modify),
    Command("addin.delete", Delete, "Delete an add-in that no room uses.", _delete, "Delete the add-in {addin}?"),
)
