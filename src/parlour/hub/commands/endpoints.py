"""Commands about further addresses of the channel service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from parlour.hub.commands.finding import only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.endpoint_book import ExtraAddress
from parlour.rooms.audit import AuditRecord, differences
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refused

__all__ = ["COMMANDS"]


@dataclass(frozen=True, slots=True)
class Add:
    address: str = param("SIP address in the server's domain, for example sip:persistentchat@example.com.")
    name: str = param("What the address is for.", "")


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


@dataclass(frozen=True, slots=True)
class One:
    address: str = param("SIP address.")


async def _add(context: Context, actor: Person | None, params: Add) -> Any:
    uri = _read(context, actor, params.address)
    if isinstance(uri, Refused):
        return uri
    record = _recording(context, actor, "endpoint.add")
    return _shown(await context.endpoints.add(uri, params.name or uri, _is_person(context), record))


def _is_person(context: Context) -> Callable[[str], bool]:
    return lambda uri: context.hub.people.find_person(uri) is not None


async def _list(context: Context, actor: Person | None, params: Nothing) -> Any:
    refused = only_admins(context, actor)
    return refused if refused is not None else [_shown(entry) for entry in context.endpoints.all()]


async def _remove(context: Context, actor: Person | None, params: One) -> Any:
    uri = _read(context, actor, params.address)
    if isinstance(uri, Refused):
        return uri
    gone = await context.endpoints.remove(uri, _recording(context, actor, "endpoint.remove"))
    return gone if isinstance(gone, Refused) else {"removed": gone.uri}


def _recording(
    context: Context, actor: Person | None, command: str
) -> Callable[[ExtraAddress | None, ExtraAddress | None], AuditRecord]:
    def record(before: ExtraAddress | None, after: ExtraAddress | None) -> AuditRecord:
        entry = before or after
        assert entry is not None
        fields = differences(before, after, ("name",))
        return context.hub.auditing.record(actor, command, "endpoint", entry.uri, entry.name, fields)

    return record


def _read(context: Context, actor: Person | None, text: str) -> str | Refused:
    refused = only_admins(context, actor)
    return refused if refused is not None else context.endpoints.read(text)


def _shown(entry: ExtraAddress | Refused) -> Any:
    return entry if isinstance(entry, Refused) else {"uri": entry.uri, "name": entry.name}


COMMANDS: tuple[Command[Any], ...] = (
    Command("endpoint.add", Add, "Let the chat service answer at a further address, at once.", _add),
    Command("endpoint.list", Nothing, "List further addresses of the chat service.", _list, reads=True),
    Command("endpoint.remove", One, "No longer answer at an address; open sessions stay.", _remove),
)
