"""Commands about the running server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from parlour import __version__
from parlour.hub.commands.finding import only_admins
from parlour.hub.commands.registry import Command, Context
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS"]


@dataclass(frozen=True, slots=True)
class Nothing:
    pass


async def _status(context: Context, actor: Person | None, params: Nothing) -> Any:
    refused = only_admins(context, actor)
    return refused if refused is not None else _shown(context)


def _shown(context: Context) -> dict[str, object]:
    hub, readings = context.hub, context.serving.readings
    return {
        "version": __version__,
        "running": readings is not None,
        "draining": hub.draining,
        "people": len(hub.people.people()),
        "rooms": len(hub.catalogue.rooms),
        "categories": len(hub.catalogue.categories),
        "visits": len(hub.presence.all_visits()),
        "rooms_live": len(hub.presence.live),
        "owed_records": hub.recorder.owed,
        **(readings() if readings is not None else {}),
    }


def _draining(drain: bool) -> Callable[[Context, Person | None, Nothing], Awaitable[Any]]:
    async def run(context: Context, actor: Person | None, params: Nothing) -> Any:
        refused = only_admins(context, actor)
        if refused is not None:
            return refused
        if context.serving.readings is None:
            return Refused(Refusal.UNAVAILABLE, "no server runs on this data; start it with `parlour serve`")
        context.hub.draining = drain
        return _shown(context)

    return run


COMMANDS: tuple[Command[Any], ...] = (
    Command("service.status", Nothing, "Show what the server is doing.", _status, reads=True),
    Command("service.drain", Nothing, "Keep the sessions there are and take no new ones.", _draining(True)),
    Command("service.resume", Nothing, "Take new sessions again.", _draining(False)),
)
