"""Carries a command out, and sees that one that changes something goes into the audit trail."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller
from parlour.channel.commands import RECORDED, Handler
from parlour.hub.auditing import Asked, origin_of
from parlour.rooms.audit import Way
from parlour.xccos.profiles import PARLOUR
from parlour.xccos.types import Request

__all__ = ["answer_to"]

_SUBJECTS = ("room_uri", "category_uri", "id", "title", "room_name", "category_name")


async def answer_to(handler: Handler, caller: Caller, command: Request) -> Answer:
    """What the handler says. That somebody was refused is recorded of administrators only: of others, there may be any
    number."""
    recorded = RECORDED.get(type(command))
    if recorded is None:
        return await handler(caller, command)
    way = Way.SDK if caller.session.profile is PARLOUR else Way.WIRE
    refusals = caller.hub.gate.administers(caller.person)
    asked = Asked(origin_of(caller.person, way), *recorded, _subject(command), refusals)
    return await caller.hub.auditing.asked(asked, lambda: handler(caller, command))


def _subject(command: Request) -> str:
    """What the command is about, as it was sent."""
    settings = getattr(command, "settings", None)
    found = (getattr(of, name, None) for of in (command, settings) for name in _SUBJECTS)
    return next((str(text) for text in found if text), "")
