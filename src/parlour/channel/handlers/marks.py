"""How far somebody has read, on whatever device. Commands of our own."""

from __future__ import annotations

from parlour.channel.caller import Answer, Caller, made
from parlour.channel.refusals import failed_room
from parlour.hub.marks import Unread as Count
from parlour.rooms.refusals import Refused
from parlour.xccos.encode import unread_replies
from parlour.xccos.types import FailedRoom, GetUnread, MarkRead, Unread

__all__ = ["get_unread", "mark_read"]


async def mark_read(caller: Caller, command: MarkRead) -> Answer:
    marked = await caller.hub.marks.mark(caller.person, caller.room_id(command.room_uri), command.chat_id)
    if isinstance(marked, Refused):
        return marked
    return list(unread_replies(caller.envid, command, [_unread(caller, marked)]))


async def get_unread(caller: Caller, command: GetUnread) -> Answer:
    """Rooms that may not be read are told by themselves."""
    uris = command.room_uris
    answers = await caller.hub.marks.unread(caller.person, [caller.room_id(uri) for uri in uris] or None)
    if isinstance(answers, Refused):
        return answers
    counted: list[Unread] = []
    failed: list[FailedRoom] = []
    for place, one in enumerate(answers):
        if isinstance(one, Refused):
            failed.append(failed_room(uris[place], one))
        else:
            counted.append(_unread(caller, one))
    return await made(unread_replies(caller.envid, command, counted, failed))


def _unread(caller: Caller, count: Count) -> Unread:
    return Unread(caller.cards.room_uri(count.room), count.read_up_to, count.count)
