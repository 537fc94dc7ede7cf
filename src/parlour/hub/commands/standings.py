"""Commands about who stands where in a room: its role lists, who could stand in them, and who is inside now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal

from parlour.hub.commands.asking import ONLY_TELL, asks_if_lost
from parlour.hub.commands.finding import find_principals, find_room
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context
from parlour.hub.commands.rooms import change_room
from parlour.hub.commands.showing import show_principal
from parlour.rooms.editing import ListEdit, Op, RoomChange, role_list
from parlour.rooms.model import Person, Role
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS"]

_ROOM = "Name or id of the room."


@dataclass(frozen=True, slots=True)
class One:
    room: str = param(_ROOM)


@dataclass(frozen=True, slots=True)
class Eligible:
    room: str = param(_ROOM)
    role: Literal["member", "manager", "presenter"] = param("What they could become.", "member")
    text: str = param("Part of the name or address.", "")
    limit: int | None = param("How many at most.", None, least=0)


@dataclass(frozen=True, slots=True)
class Who:
    room: str = param(_ROOM)
    who: tuple[str, ...] = param("Logins, addresses, group names, or everyone.")
    dry_run: bool = param(ONLY_TELL, False)


@dataclass(frozen=True, slots=True)
class Whole:
    room: str = param(_ROOM)
    who: tuple[str, ...] = param("Logins, addresses, group names, or everyone; nobody empties it.", (), positional=True)
    dry_run: bool = param(ONLY_TELL, False)


async def _who(context: Context, actor: Person | None, params: One) -> Any:
    room = find_room(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    if actor is not None and not context.hub.gate.rights(room, actor).manage:
        return Refused(Refusal.NOT_PERMITTED, "only managers of the room may do this")
    live = context.hub.presence.live.get(room.id)
    inside = live.occupants.values() if live is not None else ()
    return [
        {"uri": one.uri, "name": one.display_name, "manager": one.manager, "presenter": one.presenter}
        for one in sorted(inside, key=lambda one: one.display_name)
    ]


async def _eligible(context: Context, actor: Person | None, params: Eligible) -> Any:
    room = find_room(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    role = Role[params.role.upper()]
    found = context.hub.principals.eligible(actor, room=room.id, role=role, text=params.text, limit=params.limit)
    return found if isinstance(found, Refused) else [show_principal(principal) for principal in found.rows]


def _editing(role: Role, op: Op) -> Callable[[Context, Person | None, Who | Whole], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: Who | Whole) -> Any:
        room = find_room(context, actor, params.room)
        if isinstance(room, Refused):
            return room
        listed = role_list(room, role) if op is Op.DELETE else frozenset()
        uris = await find_principals(context, params.who, listed)
        if isinstance(uris, Refused):
            return uris
        change = RoomChange(lists=(ListEdit(role, op, uris),))
        return await change_room(context, actor, room.id, change, params.dry_run)

    return run


COMMANDS: tuple[Command[Any], ...] = (
    Command("room.who", One, "List who is in a room now.", _who, reads=True),
    Command("room.eligible", Eligible, "List who may stand in a role of a room.", _eligible, reads=True),
    Command("room.member.add", Who, "Let people or groups enter a room.", _editing(Role.MEMBER, Op.ADD)),
    Command("room.member.remove", Who, "Take members away; who is inside is out.", _editing(Role.MEMBER, Op.DELETE)),
    Command(
        "room.member.set", Whole, "Say anew who the members are.", _editing(Role.MEMBER, Op.SET), **asks_if_lost("room")
    ),
    Command("room.manager.add", Who, "Let people or groups manage a room.", _editing(Role.MANAGER, Op.ADD)),
    Command("room.manager.remove", Who, "Take managers away.", _editing(Role.MANAGER, Op.DELETE)),
    Command(
        "room.manager.set",
        Whole,
        "Say anew who the managers are.",
        _editing(Role.MANAGER, Op.SET),
        **asks_if_lost("room"),
    ),
    Command("room.presenter.add", Who, "Let members post in an auditorium.", _editing(Role.PRESENTER, Op.ADD)),
    Command("room.presenter.remove", Who, "Take presenters away.", _editing(Role.PRESENTER, Op.DELETE)),
    Command(
        "room.presenter.set",
        Whole,
        "Say anew who the presenters are.",
        _editing(Role.PRESENTER, Op.SET),
        **asks_if_lost("room"),
    ),
)
