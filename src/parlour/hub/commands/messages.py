"""Commands about messages: reading and following a room as an administrator, posting on somebody's behalf."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from parlour.hub.changing import name_of
from parlour.hub.commands.finding import find_person, find_room, find_room_to_administer, only_admins
from parlour.hub.commands.params import param
from parlour.hub.commands.registry import Command, Context, Following
from parlour.hub.commands.showing import show_post
from parlour.hub.events import PostHeard, Removed, RoomEvent
from parlour.hub.posting import Draft
from parlour.rooms.model import Person
from parlour.rooms.refusals import Refusal, Refused

__all__ = ["COMMANDS"]

_ROOM = "Name or id of the room."
_BACKLOG = 1000
"""Posts that may wait for somebody who follows a room; more end the following."""


@dataclass(frozen=True, slots=True)
class Tail:
    room: str = param(_ROOM)
    count: int = param("How many of the newest messages, at most 500.", 30, least=0, most=500)


@dataclass(frozen=True, slots=True)
class Follow:
    room: str = param(_ROOM)
    count: int = param("How many of the newest messages to begin with, at most 500.", 0, least=0, most=500)


@dataclass(frozen=True, slots=True)
class Send:
    room: str = param(_ROOM)
    text: str = param("The message.")
    as_user: str = param("Login or address of the person who says it; their rights count.")
    alert: bool = param("Mark it as urgent.", False)


async def _tail(context: Context, actor: Person | None, params: Tail) -> Any:
    room = find_room_to_administer(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    history = await context.hub.reading.inspect(name_of(actor), room.id, params.count)
    return history if isinstance(history, Refused) else [show_post(room, post) for post in history.posts]


async def _send(context: Context, actor: Person | None, params: Send) -> Any:
    uri = find_person(context, params.as_user)
    if isinstance(uri, Refused):
        return uri
    if actor is not None and actor.uri != uri:
        refused = only_admins(context, actor)
        if refused is not None:
            return refused
    room = find_room(context, actor, params.room)
    if isinstance(room, Refused):
        return room
    draft = Draft(params.text, alert=params.alert)
    post = await context.hub.post_as(uri, room.id, draft, context.new_key(), actor)
    if isinstance(post, Refused) and post.reason is Refusal.NO_SUCH_ROOM and room.id in context.hub.catalogue.rooms:
        # Whoever asks sees it.
        return Refused(Refusal.NOT_PERMITTED, f"for {params.as_user} there is no room {room.name}")
    return post if isinstance(post, Refused) else show_post(room, post)


async def _follow(context: Context, actor: Person | None, params: Follow) -> AsyncIterator[Any]:
    room = find_room_to_administer(context, actor, params.room)
    if isinstance(room, Refused):
        yield room
        return
    heard = _Heard()
    unwatch = context.hub.presence.watch(room, context.hub.catalogue.switches(room.category), heard.hear)
    try:
        history = await context.hub.reading.inspect(name_of(actor), room.id, params.count)
        if isinstance(history, Refused):
            yield history
            return
        for post in history.posts:
            yield show_post(room, post)
        while (event := await heard.next()) is not None:
            if event.post.chat_id > history.up_to:
                # It may have another name by now.
                yield show_post(context.hub.catalogue.rooms.get(room.id, room), event.post)
    finally:
        unwatch()


class _Heard:
    """What was heard and not yet passed on; a follower that lags too far behind, or whose room is gone, is done."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[PostHeard | None] = asyncio.Queue()
        self._over = False

    def hear(self, events: Sequence[RoomEvent]) -> None:
        for event in events:
            if self._over or not isinstance(event, PostHeard | Removed):
                continue
            self._over = isinstance(event, Removed) or self._queue.qsize() >= _BACKLOG
            self._queue.put_nowait(event if isinstance(event, PostHeard) and not self._over else None)

    async def next(self) -> PostHeard | None:
        return await self._queue.get()


COMMANDS: tuple[Command[Any] | Following[Any], ...] = (
    Command("message.tail", Tail, "Show the newest messages of a room; the archive records it.", _tail, reads=True),
    Command("message.send", Send, "Say something in a room as somebody.", _send),
    Following("message.follow", Follow, "Show messages of a room as they come; the archive records it.", _follow),
)
