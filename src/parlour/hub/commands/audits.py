"""Commands about the audit trail: who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parlour.hub.commands.dates import DATE_HELP, read_since, read_until
from parlour.hub.commands.finding import find_author, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_time
from parlour.rooms.audit import AuditQuery, AuditRecord
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refused

__all__ = ["COMMANDS"]

_ALL = 2**31
_TIMES = ("since", "until")


@dataclass(frozen=True, slots=True)
class List:
    since: str | None = param(f"Not before: {DATE_HELP}.", None)
    until: str | None = param(f"Not after: {DATE_HELP}.", None)
    who: str | None = param("Only changes by this person, or by this system user at the console.", None)
    room: str | None = param("Only changes of this room: its name at that time, or its id.", None)
    command: str | None = param("Only this command, or all that begin so: room, room member, room.member.add.", None)
    limit: int | None = param("How many at most, the newest.", None, least=0)
    before: int | None = param("Only records with lower numbers: to go on with a list.", None, least=0)


async def _list(context: Context, actor: Person | None, params: List) -> Any:
    refused = only_admins(context, actor)
    if refused is not None:
        return refused
    query = _query(context, params)
    if isinstance(query, Refused):
        return query
    if context.accounts is not None:
        await context.hub.auditing.carry_over(context.accounts)
    page = await context.hub.auditing.find(query, _ALL if params.limit is None else params.limit)
    return page if isinstance(page, Refused) else [_shown(number, record) for number, record in page.rows]


def _query(context: Context, params: List) -> AuditQuery | Refused:
    since, until = read_since(params.since), read_until(params.until)
    if isinstance(since, Refused):
        return since
    if isinstance(until, Refused):
        return until
    command = params.command.strip().removeprefix("parlour ").replace(" ", ".") if params.command else None
    who = _who(context, params.who)
    return AuditQuery(since, until, who, room=params.room, command=command, before=params.before)


def _who(context: Context, text: str | None) -> tuple[str, ...]:
    """Whom a text may mean: somebody in the directory, somebody who was, a system user."""
    if text is None:
        return ()
    person = find_author(context, text)
    known = (person,) if not isinstance(person, Refused) else ()
    return (*known, text, f"console:{text}")


def _shown(number: int, record: AuditRecord) -> dict[str, object]:
    fields = {
        name: show_time(value) if name in _TIMES and isinstance(value, int) else value
        for name, value in record.fields.items()
    }
    return {
        "number": number,
        "at": show_time(record.at),
        "who": record.who,
        "way": record.way.value,
        "command": record.command,
        "kind": record.kind,
        "target": record.target,
        "name": record.name,
        "fields": fields,
        "outcome": record.outcome,
    }


COMMANDS: tuple[Command[Any], ...] = (
    Command("audit.list", List, "Show who changed what, the newest first.", _list, reads=True),
)
