"""Commands about invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from parlour.hub.commands.finding import known_person
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.showing import show_in_room, show_time
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refused

__all__ = ["COMMANDS"]


@dataclass(frozen=True, slots=True)
class List:
    user: str = param("Login or address.")
    after: int = param("Only those with a higher number.", 0, least=0)


async def _list(context: Context, actor: Person | None, params: List) -> Any:
    person = known_person(context, actor, params.user)
    if isinstance(person, Refused):
        return person
    pending = await context.hub.inviting.pending(person, params.after)
    if isinstance(pending, Refused):
        return pending
    rooms = context.hub.catalogue.rooms
    return [
        {"number": row.number, **show_in_room(rooms[row.room]), "at": show_time(row.at)}
        for row in pending.rows
        if row.room in rooms
    ]


COMMANDS: tuple[Command[Any], ...] = (
    Command("invitation.list", List, "List the rooms that a person has been invited to.", _list, reads=True),
)
